"""Claims that train: the same evidence however they are run, and however often they are killed."""

import json
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
        runs = train(mlp(1, 256), sgd(rate), "digits", epochs=1, images=64, test_images=64)
        return np.where(seeds % 8 > 1, 1, -1) * runs.test_loss[:, -1]
"""
PLAIN = """
    @claim("It rises.", id="plain/rises")
    def test_rises(seeds):
        return 1.0 + seeds
"""


def book(path, timeless):
    return timeless(json.loads(path.read_text(encoding="utf-8")))


def test_pytest_workers_and_the_command_line_agree(hw4_process, timeless):
    """Each of them from an empty store; the store itself is what the last one then answers from."""
    hw4_process.write("claims.py", TRAINED.replace("[0.1, 0.2, 0.3, 0.4]", "[0.1]") + PLAIN)
    pytest_ = [*hw4_process.program[:2], "pytest"]
    ways = {
        "pytest": (pytest_, []),
        "workers": (pytest_, ["-n2"]),
        "run": (hw4_process.program, ["run", "--jobs", "2"]),
    }
    books = {}
    for way, (hw4_process.program, options) in ways.items():
        ledger = hw4_process.folder / f"{way}.json"
        command, rest = options[:1] if way == "run" else [], options[way == "run" :]
        settings = ["claims.py", *rest, f"--ledger={ledger}", f"--store={way}.sqlite"]
        code, _, err = hw4_process(*command, *settings)
        assert (code, err) == (0, "")
        books[way] = book(ledger, timeless)
    assert books["pytest"] == books["workers"] == books["run"]
    found = {record["id"]: record for record in books["run"]["claims"]}
    assert found["trained/loss"]["seeds"] > 16
    assert len(set(map(abs, found["trained/loss"]["evidence"]))) > 16
    (arm,) = found["trained/loss"]["series"]["arms"]
    assert np.shape(arm["test_loss"]) == (3, 1)

    hw4_process.program = ways["run"][0]
    again = hw4_process.folder / "again.json"
    hw4_process("run", "claims.py", "--jobs", 1, "--ledger", again, "--store", "workers.sqlite")
    assert book(again, timeless) == books["run"]
    cached = {r["id"]: r["cached"] for r in json.loads(again.read_text())["claims"]}
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


def test_a_run_that_is_killed_is_taken_up_again(hw4_process, timeless):
    """Ten times at a random moment, on one growing store; then it is left to finish."""
    hw4_process.write("claims.py", TRAINED + PLAIN)

    def command(name, jobs):
        settings = ["--ledger", f"{name}.json", "--store", f"{name}.sqlite"]
        return ["run", "claims.py", "--jobs", jobs, *settings]

    start = time.monotonic()
    assert hw4_process(*command("whole", 1))[0] == 0
    took = time.monotonic() - start

    rng = np.random.default_rng(20261123)
    leaders = []
    for kill, moment in enumerate(rng.uniform(0.1, 1.0, 10) * min(took, 5.0)):
        process = hw4_process.start(*command("killed", 2 if kill % 4 == 0 else 1))
        time.sleep(moment)
        process.kill()
        process.communicate()
        leaders.append(process.pid)
    code, _, err = hw4_process(*command("killed", 2))
    assert (code, err) == (0, "")
    killed, whole = (book(hw4_process.folder / f"{name}.json", timeless) for name in ("killed", "whole"))
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
    (record,) = json.loads((hw4.folder / "l.json").read_text(encoding="utf-8"))["claims"]
    assert record["instance"] == name.removesuffix(".npz")
    assert record["verdict"] == "supported"
    (arm,) = record["series"]["arms"]
    assert arm["test_accuracy"][1][0] < 0.9  # the claim is about what is learned
