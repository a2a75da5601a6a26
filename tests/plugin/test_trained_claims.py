"""Claims that train: the same evidence however they are run, and however often they are killed."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Their evidence is what a network learns; its sign, and so the number of seeds, is not. The network
# is wide enough that XLA would cut its operations into a piece a thread.
TRAINED = """
    import numpy as np
    import pytest
    from hw4 import claim, mlp, sgd

    @claim("It trains.", id="trained/loss", unit="loss", expect=None)
    @pytest.mark.parametrize("rate", [0.1, 0.2, 0.3, 0.4])
    def test_trained(train, seeds, rate):
        with open("calls", "a") as calls:
            calls.write("x")
        runs = train(mlp(1, 256), sgd(rate), "digits", epochs=1, images=64, test_images=64)
        return np.where(seeds % 8 > 1, 1, -1) * runs.test_loss[:, -1]
"""
PLAIN = """
    @claim("It rises.", id="plain/rises")
    def test_rises(seeds):
        return 1.0 + seeds
"""


def test_pytest_workers_and_the_command_line_agree(hw4, pytest_in, timeless):
    """Each of them from an empty store; the store itself is what the last one then answers from."""
    hw4.write("claims.py", TRAINED.replace("[0.1, 0.2, 0.3, 0.4]", "[0.1]") + PLAIN)
    ways = {
        "pytest": (pytest_in, []),
        "workers": (pytest_in, ["-n2"]),
        "run": (hw4, ["run", "--jobs=1"]),
    }
    books = {}
    for way, (program, options) in ways.items():
        prefix = "--" if way == "run" else "--hw4-"
        where = f"{prefix}ledger={way}.json", f"{prefix}store={way}.sqlite"
        code, _, err = program(*options, "claims.py", *where)
        assert (code, err) == (0, "")
        books[way] = timeless(hw4.ledger(f"{way}.json"))
    assert books["pytest"] == books["workers"] == books["run"]
    found = {record["id"]: record for record in books["run"]["claims"]}
    assert found["trained/loss"]["seeds"] > 16
    assert len(set(map(abs, found["trained/loss"]["evidence"]))) > 16
    (arm,) = found["trained/loss"]["series"]["arms"]
    assert np.shape(arm["test_loss"]) == (3, 1)

    hw4("run", "claims.py", "--jobs=1", "--ledger=again.json", "--store=workers.sqlite")
    again = hw4.ledger("again.json")
    assert timeless(again) == books["run"]
    cached = {record["id"]: record["cached"] for record in again["claims"]}
    assert cached == {"trained/loss": True, "plain/rises": False}


def members(leader):
    """Return the living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it has ended meanwhile
            continue
        if session == str(leader) and state != "Z":
            found.append(stat.parent.name)
    return found


def test_a_run_that_is_killed_is_taken_up_again(hw4, hw4_process, timeless):
    """Three times while it trains, on one growing store; then it is left to finish."""
    hw4.write("claims.py", TRAINED + PLAIN)
    calls = hw4.folder / "calls"

    def command(name, jobs):
        settings = ["--ledger", f"{name}.json", "--store", f"{name}.sqlite"]
        return ["run", "claims.py", "--jobs", jobs, *settings]

    rng = np.random.default_rng(20261123)
    leaders = []
    for jobs in (2, 1, 1):
        calls.write_text("")
        process = hw4_process.start(*command("killed", jobs))
        more, end = int(rng.integers(1, 8)), time.monotonic() + 300
        while calls.stat().st_size < more:
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.communicate()
        leaders.append(process.pid)
    for name in ("killed", "whole"):
        code, _, err = hw4(*command(name, 1))
        assert code == 0
        assert err.startswith("hw4: an earlier run was killed") == (name == "killed")
    killed, whole = (timeless(hw4.ledger(f"{name}.json")) for name in ("killed", "whole"))
    assert killed == whole
    assert len(whole["claims"]) == 5

    end = time.monotonic() + 30
    while any(map(members, leaders)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(members, leaders))


LEARNED = """
    import pytest
    from hw4 import adam, claim, mlp

    @claim.rate("A small network learns them.", id="own/learned")
    @pytest.mark.parametrize("dataset", ["digits"])
    def test_learned(train, dataset):
        runs = train(mlp(1, 16), adam(0.03), dataset, epochs=40, batch_size=8)
        return runs.test_accuracy[:, -1] > 0.9
"""
CLASSES = "bchl"  # the assignment's letters


def patches(seed, count=20):
    """Return 9×10 grey images, as bytes, whose brightness is their class, and the classes."""
    labels = np.arange(4 * count) % 4
    noise = np.random.default_rng(seed).integers(0, 20, (len(labels), 9, 10))
    return (labels[:, None, None] * 60 + noise).astype(np.uint8), labels


def as_the_assignment_names_them(path):
    """Both parts, the test images larger; the class is the letter at the end of the name."""
    for seed, part in enumerate(("train", "test")):
        (path / part).mkdir(parents=True)
        for number, (pixels, label) in enumerate(zip(*patches(seed), strict=True)):
            image = Image.fromarray(pixels)
            image = image.resize((20, 18)) if part == "test" else image
            image.save(path / part / f"patch{number}{CLASSES[label]}.png")


def as_medmnist(path):
    parts = {part: patches(seed) for seed, part in enumerate(("train", "val", "test"))}
    arrays = {f"{part}_images": images for part, (images, _) in parts.items()}
    labels = {f"{part}_labels": labels[:, None] for part, (_, labels) in parts.items()}
    np.savez(path, **arrays, **labels)


@pytest.mark.parametrize(
    ("name", "save"), [("xray", as_the_assignment_names_them), ("own.npz", as_medmnist)]
)
def test_a_claim_trains_on_the_users_own_images(hw4, name, save):
    save(hw4.folder / name)
    hw4.write("claims.py", LEARNED)
    where = "--data", name, "--store=s", "--ledger=l.json"
    code, out, err = hw4("run", "claims.py", "--jobs=1", *where)
    assert (code, err) == (0, ""), out
    (record,) = hw4.ledger("l.json")["claims"]
    assert record["instance"] == name.removesuffix(".npz")
    assert record["verdict"] == "supported"
    (arm,) = record["series"]["arms"]
    assert arm["test_accuracy"][1][0] < 0.9  # the claim is about what is learned


def test_a_claim_trains_on_images_that_differ_in_size(hw4):
    """The runs under another size are others; those under the same one are in the store."""
    for number, (pixels, label) in enumerate(zip(*patches(0), strict=True)):
        (hw4.folder / "set" / CLASSES[label]).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(pixels).resize((9 + number % 5, 12 - number % 4))
        image.save(hw4.folder / "set" / CLASSES[label] / f"{number}.png")
    hw4.write("claims.py", LEARNED)
    where = "run", "claims.py", "--jobs=1", "--data=set", "--store=s", "--ledger=l.json"
    code, _, err = hw4(*where)
    assert code == 2
    assert "or one size for all by --resize (in code: load(…, resize=32))" in err
    cached = []
    for size in ("8", "8x8", "9"):
        code, out, err = hw4(*where, f"--resize={size}")
        assert (code, err) == (0, ""), out
        (record,) = hw4.ledger("l.json")["claims"]
        assert record["verdict"] == "supported"
        cached.append(record["cached"])
    assert cached == [False, True, False]
