import numpy as np
import pytest

from hw4.data import load as load_data
from hw4.data import shrunk
from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks.models import mlp
from hw4.objectives.optimisers import Optimiser, sgd
from hw4.objectives.stopping import early_stopping
from hw4.seeds import repeated
from hw4.training import trainer as module
from hw4.training.profiles import Profile
from hw4.training.runs import Runs
from hw4.training.trainer import Trainer

PROFILE = Profile("toy", images=24, test_images=8)


@pytest.fixture
def trainer():
    return Trainer(np.array([5, 3]), PROFILE, None)


@pytest.fixture
def recipes(monkeypatch):
    """The recipes that would be trained; nothing is."""
    asked = []

    def execute(recipe, seeds, store, place):
        asked.append((recipe, seeds))
        return None, 0

    monkeypatch.setattr(module, "execute", execute)
    return asked


def refusal(kind, trainer, *arguments, **options):
    with pytest.raises(kind) as error:
        trainer(*arguments, **({"epochs": 1} | options))
    message = str(error.value)
    assert message
    assert "\n" not in message
    return message


MODEL_EXPECTED = "expected mlp(…), cnn(…), a keras.Model or a function that returns one"


@pytest.mark.parametrize("model", [3, "mlp", None, [mlp()]])
def test_what_is_no_model_is_refused_in_one_sentence(trainer, dataset, model):
    kind = type(model).__name__
    message = refusal(TypeError, trainer, model, sgd(0.1), dataset)
    assert message == f"train got a model of type {kind}: {MODEL_EXPECTED}"


@pytest.mark.parametrize("optimiser", [3, 0.1, [sgd(0.1)], sgd])
def test_what_is_no_optimiser_is_refused_in_one_sentence(trainer, dataset, optimiser):
    kind = type(optimiser).__name__
    message = refusal(TypeError, trainer, mlp(), optimiser, dataset)
    assert message == (
        f"train got an optimiser of type {kind}: "
        "expected sgd(…), adam(…), an Optimiser or one of keras.optimizers"
    )


def test_an_optimiser_of_kerass_is_ours_by_another_name(trainer, dataset):
    import keras

    for optimiser in (sgd(0.1), keras.optimizers.SGD(0.1)):
        trainer(mlp(widths=(4,)), optimiser, dataset, epochs=1)
    assert trainer.arms == 1


def test_an_optimiser_that_keras_does_not_have_is_one_sentence(trainer, dataset):
    message = refusal(ValueError, trainer, mlp(widths=(4,)), Optimiser("Sdg", 0.1), dataset)
    assert message == "unknown optimiser 'Sdg': expected the name of a class in keras.optimizers"


def test_an_option_that_the_optimiser_does_not_have_is_one_sentence(trainer, dataset):
    optimiser = Optimiser("SGD", 0.1, 0.0, (("inertia", 1.0),))
    message = refusal(ValueError, trainer, mlp(widths=(4,)), optimiser, dataset)
    assert message.startswith("optimiser 'SGD' cannot be built: ")
    assert "inertia" in message.partition(":")[2]


@pytest.mark.parametrize("option", ["use_ema", "gradient_accumulation_steps", "loss_scale_factor"])
def test_an_option_that_changes_more_than_the_step_is_one_sentence(trainer, dataset, option):
    optimiser = Optimiser("SGD", 0.1, 0.0, ((option, 2),))
    message = refusal(ValueError, trainer, mlp(widths=(4,)), optimiser, dataset)
    assert message.startswith(f"optimiser 'SGD' got {option}, which hw4 does not train with")
    assert message.endswith("or a claim that asks for `seed` and calls fit itself")


@pytest.mark.parametrize(
    ("source", "takes"),
    [(lambda shape: 3, "(shape)"), (lambda a, b, c: 3, "(a, b, c)"), (lambda *, a: 3, "(*, a)")],
)
def test_a_function_of_other_arguments_is_refused_in_one_sentence(trainer, dataset, source, takes):
    message = refusal(TypeError, trainer, source, sgd(0.1), dataset)
    assert message == (
        f"the model function takes {takes}: expected (image_shape, classes), or no arguments"
    )


@pytest.mark.parametrize("source", [lambda shape, classes: 3, lambda shape, classes: None])
def test_a_function_that_returns_no_model_is_refused_in_one_sentence(trainer, dataset, source):
    message = refusal(TypeError, trainer, source, sgd(0.1), dataset)
    kind = type(source(0, 0)).__name__
    assert message == f"the model function returned {kind}: expected a keras.Model"


@pytest.mark.parametrize(("shape", "classes"), [((4, 3, 1), 3), ((3, 3, 1), 4)])
def test_a_model_that_does_not_fit_the_data_is_refused_in_one_sentence(
    trainer, dataset, shape, classes
):
    from keras import Input, Sequential, layers

    model = Sequential([Input(shape), layers.Flatten(), layers.Dense(classes)], name="mine")
    message = refusal(ValueError, trainer, model, sgd(0.1), dataset)
    assert message == (
        f"model 'mine' maps {(None, *shape)} to {(None, classes)}: "
        "expected (None, 3, 3, 1) to (None, 3)"
    )


def test_a_model_without_a_stated_input_is_refused_in_one_sentence(trainer, dataset):
    import keras

    class Subclassed(keras.Model):
        def call(self, images):
            return images

    unbuilt = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    for model in (Subclassed(name="mine"), unbuilt):
        message = refusal(ValueError, trainer, model, sgd(0.1), dataset)
        assert message == (
            f"model {model.name!r} does not state its input: "
            "expected a functional model, or a Sequential that begins with keras.Input"
        )


def test_an_unknown_probe_is_refused_before_anything_is_trained(trainer, dataset, recipes):
    message = refusal(ValueError, trainer, mlp(), sgd(0.1), dataset, probes=["sharpness"])
    assert message.startswith("unknown probe 'sharpness'")
    assert not recipes


@pytest.mark.parametrize("name", ["epochs", "batch_size", "images", "test_images", "evaluate_last"])
def test_numbers_that_no_run_can_have_are_refused(trainer, dataset, recipes, name):
    message = refusal(ValueError, trainer, mlp(), sgd(0.1), dataset, **{name: -1})
    assert message.startswith(f"train got {name}=-1: expected a whole number ≥ ")
    assert not recipes


@pytest.mark.parametrize("name", ["images", "test_images", "side"])
@pytest.mark.parametrize("size", ["homework", 64.0, True, 0, -1, {"toy": 1.5}])
def test_what_is_no_size_is_refused(trainer, dataset, recipes, name, size):
    message = refusal(ValueError, trainer, mlp(), sgd(0.1), dataset, **{name: size})
    given = size["toy"] if isinstance(size, dict) else size
    assert message == f"train got {name}={given!r}: expected a whole number ≥ 1"
    assert not recipes


@pytest.mark.parametrize("name", ["images", "test_images", "side"])
@pytest.mark.parametrize("sizes", [{}, {"quick": 8}])
def test_sizes_by_profile_must_name_the_profile(trainer, dataset, recipes, name, sizes):
    message = refusal(ValueError, trainer, mlp(), sgd(0.1), dataset, **{name: sizes})
    assert message == f"train got {name}={sizes}: expected a number for the profile 'toy' too"
    assert not recipes


def test_an_unknown_data_set_is_one_sentence(trainer):
    refusal(ValueError, trainer, mlp(), sgd(0.1), "no/such/folder")


def test_sizes_come_from_the_profile_unless_the_claim_says_otherwise(trainer, dataset, recipes):
    by_profile = {"images": {"toy": 32, "quick": 64}, "test_images": {"quick": 5, "toy": 6}}
    for options in ({}, by_profile, {"images": 7, "test_images": 9}):
        trainer(mlp(), sgd(0.1), dataset, epochs=1, **options)
    sizes = [(recipe.images, recipe.test_images) for recipe, _ in recipes]
    assert sizes == [(24, 8), (32, 6), (7, 9)]


def test_a_data_set_is_named_or_given(trainer, recipes):
    for dataset in ("digits", load_data("digits")):
        trainer(mlp(), sgd(0.1), dataset, epochs=1)
    assert recipes[0][0].key(0) == recipes[1][0].key(0)


def test_the_order_of_probes_makes_no_other_recipe(trainer, dataset, recipes):
    for probes in (["zero_weights", "weight_norm"], ["weight_norm", "zero_weights"]):
        trainer(mlp(), sgd(0.1), dataset, epochs=1, probes=probes)
    assert recipes[0] == recipes[1]


def test_runs_come_in_the_order_of_the_seeds_and_are_remembered(trainer, dataset, tmp_path):
    stored = Trainer(np.array([5, 3]), PROFILE, tmp_path / "runs.sqlite")
    assert not stored.used
    runs = stored(mlp(widths=(4,)), sgd(0.1), dataset, epochs=2, batch_size=8)
    assert runs.seeds.tolist() == [5, 3]
    assert stored.used
    assert stored.trained == 2
    stored.seeds = np.array([3, 5])
    again = stored(mlp(widths=(4,)), sgd(0.1), dataset, epochs=2, batch_size=8)
    assert stored.trained == 2  # both were found
    np.testing.assert_array_equal(again.test_loss, runs.test_loss[::-1])
    module.open_store(tmp_path / "runs.sqlite").close()
    module.open_store.cache_clear()
    (arm,) = stored.series()
    assert arm["arm"] == "MLP(widths=(4,)), SGD(0.1), toy, 2 epochs, batch 8"
    assert np.shape(arm["test_loss"]) == (3, 2)


@pytest.mark.parametrize(
    ("last", "evaluated"), [(None, None), (1, [4]), (3, [2, 3, 4]), (9, [1, 2, 3, 4])]
)
def test_the_series_says_which_epochs_were_evaluated(trainer, dataset, last, evaluated):
    runs = trainer(mlp(widths=(4,)), sgd(0.1), dataset, epochs=4, evaluate_last=last)
    (arm,) = trainer.series()
    assert arm.get("epochs") == evaluated
    columns = len(evaluated or range(4))
    assert runs.test_loss.shape == (2, columns)
    assert np.shape(arm["test_loss"]) == (3, columns)


def test_numbers_are_forecast_with_a_loss_of_their_own(trainer, dataset):
    import keras

    images = dataset.draw(0, 48, 16).x_train
    targets = images.sum((1, 2, 3))
    numbers = FiniteDataset("sums", (), Labelled(images, targets))

    def network(image_shape, outputs):
        stack = [keras.Input(image_shape), keras.layers.Flatten(), keras.layers.Dense(outputs)]
        return keras.Sequential(stack, name="net")

    arms = [
        trainer(network, sgd(rate), numbers, epochs=3, batch_size=4, loss=keras.losses.Huber())
        for rate in (0.001, 0.05)
    ]
    assert (arms[1].test_loss[:, -1] < arms[0].test_loss[:, -1]).all()
    assert np.isnan(arms[1].test_accuracy).all()
    assert not arms[1].diverged.any()
    series = trainer.series()
    assert [np.shape(arm["test_accuracy"]) for arm in series] == [(3, 0)] * 2
    assert series[0]["arm"] == "network, SGD(0.001), sums, 3 epochs, batch 4, loss Huber()"


def test_class_weights_are_given_by_name_or_index(trainer, dataset):
    weights = [{"b": 3}, {1: 3}, {}]
    for class_weight in weights:
        trainer(mlp(widths=(4,)), sgd(0.1), dataset, epochs=1, class_weight=class_weight)
    assert trainer.arms == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"callbacks": []}, "early_stopping=.* or a claim that asks for `seed` and calls fit"),
        ({"sample_weight": [1.0]}, "class_weight=.* or a claim that asks for `seed`"),
        ({"optimizer": "adam"}, "got optimizer, .*: expected optimiser or a claim"),
        ({"epoch": 3}, "got epoch, .*: expected epochs or a claim"),
        ({"data": None}, "got data, .*: expected dataset or a claim"),
        ({"x": None}, r"got x, .*: expected dataset=arrays\(x, y\) or a claim"),
        ({"validation_split": 0.1}, "got validation_split, which is none of its arguments"),
        ({"early_stopping": 3}, r"got early_stopping=3: expected hw4\.early_stopping"),
    ],
)
def test_what_only_fit_takes_is_refused_in_one_sentence(trainer, dataset, given, says):
    with pytest.raises(TypeError, match=says):
        trainer(mlp(), sgd(0.1), dataset, epochs=1, **given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "train got no optimiser and no dataset and no epochs: expected train"),
        ((sgd(0.1),), "train got no dataset and no epochs: "),
        ((sgd(0.1), "digits"), r"no epochs: expected train\(model, optimiser, dataset, epochs=…\)"),
    ],
)
def test_what_training_lacks_is_said_by_its_name(trainer, given, says):
    with pytest.raises(TypeError, match=says):
        trainer(mlp(), *given)


def test_metrics_and_where_seeds_stopped_are_in_the_runs(trainer, dataset):
    rule = early_stopping("test_auc", patience=1)
    arm = {"epochs": 6, "batch_size": 8, "metrics": ["auc", "predictions"], "early_stopping": rule}
    runs = trainer(mlp(widths=(4,)), sgd(1.0), dataset, **arm)
    seeds = len(trainer.seeds)
    assert runs.metrics["test_auc"].shape == runs.test_loss.shape == (seeds, 6)
    assert runs.predictions.shape == (*runs.targets.shape, 3)
    assert runs.stopped_epoch.shape == (seeds,)
    np.testing.assert_array_equal(
        (runs.predictions.argmax(-1) == runs.targets).mean(axis=1), runs.test_accuracy[:, -1]
    )
    again = trainer(mlp(widths=(4,)), sgd(1.0), dataset, **arm)
    np.testing.assert_array_equal(again.predictions, runs.predictions)
    plain = trainer(mlp(widths=(4,)), sgd(1.0), dataset, epochs=1)
    with pytest.raises(ValueError, match=r"expected train\(…, metrics=\['predictions'\]\)"):
        _ = plain.predictions
    with pytest.raises(ValueError, match=r"expected train.*early_stopping"):
        _ = plain.stopped_epoch


def test_probes_are_remembered_by_layer(trainer, dataset):
    runs = trainer(mlp(widths=(4, 3)), sgd(0.1), dataset, epochs=2, probes=["weight_norm"])
    (arm,) = trainer.series()
    norms = np.array(arm["probes"]["weight_norm"])  # (quartiles, before and after, kernels)
    middle = np.sort(runs.probes["weight_norm"], axis=0)[(len(runs.seeds) - 1) // 2]
    np.testing.assert_allclose(norms[1], middle, rtol=1e-5)


def test_seeds_that_train_different_networks_are_told_from_one_seed(trainer, dataset):
    def arm():
        trainer(mlp(widths=(3,)), sgd(0.1), dataset, epochs=1)

    assert not trainer.varied
    trainer.seeds = np.full_like(trainer.seeds, 5)
    arm()
    assert not trainer.varied
    trainer.seeds = np.arange(trainer.seeds.size)
    arm()
    assert trainer.varied


def test_quartiles_of_diverged_arms_are_the_nearest_run():
    curves = [np.array([[1.0], [2.0], [3.0], [np.inf], [np.inf]])]
    low, median, high = module._quartiles(curves)  # each a run's own value, not a mean of two
    assert (low, median, high) == ([2.0], [3.0], ["inf"])


def test_images_are_averaged_down_to_the_side_asked_for(trainer, recipes):
    for side in (None, 16, {"toy": 8, "quick": 4}, np.int64(16)):
        trainer(mlp(), sgd(0.1), "phantom", epochs=1, side=side)
    sides = [recipe.dataset.image_shape[0] for recipe, _ in recipes]
    assert sides == [32, 16, 8, 16]
    given = Trainer(np.array([5, 3]), PROFILE, None)
    given(mlp(), sgd(0.1), shrunk("phantom", 16), epochs=1)  # the same recipe, stated otherwise
    assert recipes[-1][0] == recipes[1][0]


def arm(seeds, *diverged):
    """Return runs of one epoch, of which those of these seeds diverged."""
    losses = np.where(np.isin(seeds, diverged), np.inf, 0.5)[:, np.newaxis]
    return Runs(np.array(seeds), *[losses] * 5)


@pytest.mark.parametrize(
    ("arms", "incomparable"),
    [
        ([], [False, False]),
        ([[]], [False, False]),
        ([[5]], [True, False]),  # the only one: its last loss − its first may be ∞ − ∞
        ([[5], []], [False, False]),
        ([[5], [5, 3]], [True, False]),
        ([[5], [3], [3]], [False, True]),
    ],
)
def test_arms_are_incomparable_on_seeds_on_which_two_of_them_diverged(
    trainer, dataset, monkeypatch, arms, incomparable
):
    """Of the current block; another one's do not count."""
    for seeds in ([8, 6], [5, 3]):
        trainer.seeds = np.array(seeds)
        for number, diverged in enumerate(arms, start=1):
            given = arm(seeds, *([8, 6] if seeds == [8, 6] else diverged))
            monkeypatch.setattr(module, "execute", lambda *_, given=given: (given, 0))
            trainer(mlp(number), sgd(0.1), dataset, epochs=1)
    assert trainer.incomparable.tolist() == incomparable


def test_a_seeds_second_run_is_an_arm_of_its_own(trainer, dataset, monkeypatch):
    """Both runs of seed 5 diverged: their difference is NaN."""
    for repeat, diverged in ((0, [0]), (1, [0, 1])):
        seeds = repeated(trainer.seeds, repeat)
        given = arm(seeds, *seeds[diverged])
        monkeypatch.setattr(module, "execute", lambda *_, given=given: (given, 0))
        trainer(mlp(1), sgd(0.1), dataset, epochs=1, repeat=repeat)
    assert trainer.incomparable.tolist() == [True, False]
    first, second = (each["arm"] for each in trainer.series())
    assert (second, trainer.arms) == (f"{first}, run 2", 2)


def test_what_is_trained_aside_is_not_remembered(trainer, dataset, monkeypatch):
    monkeypatch.setattr(module, "execute", lambda *_: (arm([5, 3], 3), 2))
    trainer(mlp(1), sgd(0.1), dataset, epochs=1)
    before = trainer.series()
    with trainer.aside():
        trainer(mlp(1), sgd(0.1), dataset, epochs=1)
        trainer(mlp(2), sgd(0.1), dataset, epochs=1)
    assert (trainer.series(), trainer.arms, trainer.trained) == (before, 1, 2)


def test_a_repeat_is_of_seeds_derived_from_the_block(trainer, recipes, dataset):
    for repeat in (0, 1, 2):
        trainer(mlp(), sgd(0.1), dataset, epochs=1, repeat=repeat)
    (recipe, own), *others = recipes
    assert own == [5, 3]
    assert [seeds for _, seeds in others] == [
        repeated(np.array([5, 3]), repeat).tolist() for repeat in (1, 2)
    ]
    assert {each for each, _ in others} == {recipe}  # one arm, and one store


@pytest.mark.parametrize("repeat", [-1, 0.5, "1", None, True])
def test_what_is_no_repeat_is_refused(trainer, dataset, repeat):
    message = refusal(ValueError, trainer, mlp(), sgd(0.1), dataset, repeat=repeat)
    assert message == f"train got repeat={repeat!r}: expected a whole number of at least 0"


def test_tensorflow_that_was_loaded_too_early_is_said_once(trainer, recipes, dataset, monkeypatch):
    monkeypatch.setattr(module.backend, "unusual", lambda: ["late"])
    for _ in range(2):
        trainer(mlp(), sgd(0.1), dataset, epochs=1)
    assert trainer.notices == [module.backend.LATE]
