"""Each layer of `keras.layers` in a branch of a small network: name → (images) → any tensor.

Images are (4, 4, 2), and pass a dense layer first where the layer has a gradient.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers as k
from keras import ops

SHAPE = (4, 4, 2)


def rows(x):
    return k.Reshape((4, 8))(k.Dense(2)(x))


def flat(x):
    return k.Flatten()(k.Dense(2)(x))


def image(x):
    return k.Dense(2)(x)


def volume(x):
    return k.Reshape((2, 4, 4, 1))(k.Dense(2)(x))


def levels(x):
    return ops.cast(ops.floor(8 * k.Flatten()(x)), "int32")


def colours(x):
    return k.Concatenate()([x, x[..., :1]])


def adapted(layer):
    layer.adapt(np.random.default_rng(0).random((8, *SHAPE), np.float32))
    return layer


def of(name, *args):
    return lambda: getattr(k, name)(*args)


def on(shaped, make):
    return lambda x: make()(shaped(x))


def both(make, *, units=3):
    """Return a branch in which the layer takes two tensors."""
    return lambda x: make()([k.Dense(units)(flat(x)), k.Dense(units, "tanh")(flat(x))])


def attended(make):
    return lambda x: make()([k.Dense(3)(rows(x)), k.Dense(3)(rows(x))])


def embedded(make):
    """Return a branch in which an Embedding reads the layer's integers."""
    return lambda x: k.Embedding(9, 2)(make()(levels(x)))


def augmented(name, *args, **options):
    return lambda x: getattr(k, name)(*args, **options)(colours(x))


class Scaled(k.Layer):
    """A layer of one's own."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale


class Wrapped(k.Wrapper):
    """A wrapper of one's own."""

    def call(self, x):
        return self.layer(x)


def reversible(x):
    layer = k.ReversibleEmbedding(9, 2)
    return layer(layer(levels(x)), reverse=True)


def crossed(x):
    return k.Embedding(5, 2)(k.HashedCrossing(5)([levels(x)[:, :1], levels(x)[:, 1:2]]))


def words(x):
    return k.Lambda(tf.strings.as_string, output_shape=lambda shape: shape, dtype="int32")(
        levels(x)
    )


_RANGE = {"value_range": (0, 1)}

DENSE = {
    "Activation": on(image, lambda: k.Activation("tanh")),
    "ActivityRegularization": on(image, lambda: k.ActivityRegularization(l2=0.01)),
    **{name: both(getattr(k, name)) for name in ("Add", "Average", "Concatenate", "Maximum")},
    **{name: both(getattr(k, name)) for name in ("Minimum", "Multiply", "Subtract")},
    "AdditiveAttention": attended(k.AdditiveAttention),
    "Attention": attended(k.Attention),
    "AutoContrast": augmented("AutoContrast", **_RANGE),
    "BatchNormalization": on(image, lambda: k.BatchNormalization(momentum=0.8)),
    "CenterCrop": on(image, lambda: k.CenterCrop(2, 2)),
    "ContrastLimitedAdaptiveHistogramEqualization": augmented(
        "ContrastLimitedAdaptiveHistogramEqualization", **_RANGE
    ),
    "Dense": on(flat, lambda: k.Dense(3)),
    "Discretization": lambda x: k.Embedding(5, 2)(adapted(k.Discretization(num_bins=4))(x)),
    "Dot": both(lambda: k.Dot(axes=1)),
    "ELU": on(image, k.ELU),
    "EinsumDense": on(rows, lambda: k.EinsumDense("abc,cd->abd", (4, 3), bias_axes="d")),
    "Embedding": lambda x: k.Embedding(9, 2)(levels(x)),
    "Flatten": on(image, k.Flatten),
    "GroupNormalization": on(image, lambda: k.GroupNormalization(2)),
    "GroupQueryAttention": lambda x: k.GroupQueryAttention(3, 4, 2)(rows(x), rows(x)),
    "Identity": on(image, k.Identity),
    "InputLayer": image,
    "Lambda": on(image, lambda: k.Lambda(lambda x: 2 * x)),
    "Layer": on(flat, Scaled),
    "LayerNormalization": on(image, k.LayerNormalization),
    "LeakyReLU": on(image, k.LeakyReLU),
    "Masking": lambda x: k.GlobalAveragePooling1D()(k.Masking()(ops.relu(rows(x) - 0.5))),
    "MaxNumBoundingBoxes": on(image, lambda: k.MaxNumBoundingBoxes(3)),
    "MelSpectrogram": on(
        flat,
        lambda: k.MelSpectrogram(
            fft_length=16, sequence_stride=8, sampling_rate=100, num_mel_bins=4, max_freq=50
        ),
    ),
    "MultiHeadAttention": lambda x: k.MultiHeadAttention(2, 3)(rows(x), rows(x)),
    "Normalization": lambda x: image(adapted(k.Normalization())(x)),
    "PReLU": on(image, k.PReLU),
    "Permute": on(image, lambda: k.Permute((2, 1, 3))),
    "RMSNormalization": on(image, k.RMSNormalization),
    "ReLU": on(image, k.ReLU),
    "RepeatVector": on(flat, lambda: k.RepeatVector(2)),
    "Rescaling": on(image, lambda: k.Rescaling(2.0, -1)),
    "Reshape": on(image, lambda: k.Reshape((8, 4))),
    "Resizing": on(image, lambda: k.Resizing(3, 5)),
    "ReversibleEmbedding": reversible,
    "STFTSpectrogram": lambda x: k.STFTSpectrogram(frame_length=8, frame_step=4, fft_length=8)(
        k.Reshape((32, 1))(flat(x))
    ),
    "Softmax": on(image, k.Softmax),
    "TimeDistributed": on(rows, lambda: k.TimeDistributed(k.Dense(3))),
    "UnitNormalization": on(image, k.UnitNormalization),
    "Wrapper": on(flat, lambda: Wrapped(k.Dense(3))),
}
CONVOLUTIONS, RANDOM, LOOPS = {}, {}, {}
for places, shaped in (("1D", rows), ("2D", image), ("3D", volume)):
    for name in ("AveragePooling", "MaxPooling", "UpSampling", "ZeroPadding"):
        DENSE[name + places] = on(shaped, of(name + places, 2))
    for name in ("GlobalAveragePooling", "GlobalMaxPooling"):
        DENSE[name + places] = on(shaped, getattr(k, name + places))
    for name in ("AdaptiveAveragePooling", "AdaptiveMaxPooling"):
        kind = getattr(k, name + places)
        DENSE[name + places] = on(shaped, lambda kind=kind, n=int(places[0]): kind((2,) * n))
    kind, cut = getattr(k, f"Cropping{places}"), (0, 1, 1) if places == "3D" else 1
    DENSE[f"Cropping{places}"] = on(shaped, lambda kind=kind, cut=cut: kind(cut))
    kind = getattr(k, f"SpatialDropout{places}")
    RANDOM[f"SpatialDropout{places}"] = on(shaped, lambda kind=kind: kind(0.5))
    for name in (f"Conv{places}", f"Conv{places}Transpose", f"SeparableConv{places}"):
        if hasattr(k, name):
            CONVOLUTIONS[name] = on(shaped, of(name, 2, 2))
    if places != "3D":
        kind = getattr(k, f"DepthwiseConv{places}")
        CONVOLUTIONS[f"DepthwiseConv{places}"] = on(shaped, lambda kind=kind: kind(2))
    frames = {"1D": (2, 4, 4), "2D": (2, 4, 4, 1), "3D": (2, 2, 4, 2, 1)}[places]
    kernel = (2, 2, 1)[: int(places[0])]
    kind = getattr(k, f"ConvLSTM{places}")
    LOOPS[f"ConvLSTM{places}"] = on(
        lambda x, frames=frames: k.Reshape(frames)(image(x)),
        lambda kind=kind, kernel=kernel: kind(2, kernel),
    )

_FACTORS = {f"{name}_factor": 0.2 for name in ("brightness", "contrast", "saturation", "hue")}
RANDOM |= {
    **{
        name: on(image, of(name, 0.3))
        for name in ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise")
    },
}
AUGMENTED = {
    "AugMix": augmented("AugMix", **_RANGE),
    "Pipeline": lambda x: k.Pipeline([k.Rescaling(2.0), k.RandomFlip()])(colours(x)),
    "RandomBrightness": augmented("RandomBrightness", 0.3, **_RANGE),
    "RandomColorDegeneration": augmented("RandomColorDegeneration", 0.5, **_RANGE),
    "RandomColorJitter": augmented("RandomColorJitter", **_RANGE, **_FACTORS),
    "RandomContrast": augmented("RandomContrast", 0.3, **_RANGE),
    "RandomCrop": augmented("RandomCrop", 4, 4),
    "RandomElasticTransform": augmented("RandomElasticTransform", **_RANGE),
    "RandomErasing": augmented("RandomErasing", **_RANGE),
    "RandomFlip": augmented("RandomFlip"),
    "RandomGaussianBlur": augmented("RandomGaussianBlur", **_RANGE),
    "RandomGrayscale": augmented("RandomGrayscale"),
    "RandomHue": augmented("RandomHue", 0.3, **_RANGE),
    "RandomInvert": augmented("RandomInvert", **_RANGE),
    "RandomPosterization": augmented("RandomPosterization", 4, **_RANGE),
    "RandomSaturation": augmented("RandomSaturation", 0.4, **_RANGE),
    "RandomSharpness": augmented("RandomSharpness", 0.5, **_RANGE),
    "Solarization": augmented("Solarization", **_RANGE),
    "CutMix": augmented("CutMix"),
    "MixUp": augmented("MixUp"),
    "RandAugment": augmented("RandAugment", **_RANGE),
    "RandomPerspective": augmented("RandomPerspective"),
    "RandomRotation": augmented("RandomRotation", 0.2),
    "RandomShear": augmented("RandomShear", 0.2, 0.2),
    "RandomTranslation": augmented("RandomTranslation", 0.2, 0.2),
    "RandomZoom": augmented("RandomZoom", 0.2),
}
LOOPS |= {
    **{name: on(rows, of(name, 2)) for name in ("GRU", "LSTM")},
    **{
        name: on(rows, lambda name=name: k.RNN(getattr(k, name)(2)))
        for name in ("GRUCell", "LSTMCell", "SimpleRNNCell")
    },
    "Bidirectional": on(rows, lambda: k.Bidirectional(k.LSTM(2))),
    "RNN": on(rows, lambda: k.RNN(k.LSTMCell(2))),
    "SimpleRNN": on(rows, lambda: k.SimpleRNN(2)),
    "StackedRNNCells": on(rows, lambda: k.RNN(k.StackedRNNCells([k.LSTMCell(2), k.GRUCell(2)]))),
}
ALONE = {
    "CategoryEncoding": lambda x: k.CategoryEncoding(9, output_mode="multi_hot")(levels(x)),
    "HashedCrossing": crossed,
    "Hashing": embedded(lambda: k.Hashing(5)),
}
REFUSED = {
    "IntegerLookup": embedded(lambda: k.IntegerLookup(vocabulary=[1, 2], name="lookup")),
    "SpectralNormalization": on(
        flat, lambda: k.SpectralNormalization(k.Dense(3, name="dense"), name="spectral")
    ),
    "StringLookup": lambda x: k.Embedding(9, 2)(
        k.StringLookup(vocabulary=["1", "2"], name="lookup")(words(x))
    ),
    "TextVectorization": lambda x: k.Embedding(9, 2)(
        k.TextVectorization(vocabulary=["1"], output_sequence_length=3, name="words")(
            words(x)[:, :1]
        )
    ),
}
# What a network of the suite cannot contain, and why.
ABSENT = {
    "Equalization": "Keras 3.15 builds no functional model with it on TensorFlow",
    "FlaxLayer": "needs Flax",
    "JaxLayer": "needs JAX",
    "TFSMLayer": "needs a SavedModel, whose variables are no weights",
    "TorchModuleWrapper": "needs PyTorch as Keras's backend",
}


def network(*branches):
    """Return a function (image_shape, classes) → a model whose logits are the branches' sum."""

    def build(image_shape, classes):
        images = keras.Input(image_shape)
        ends = [k.Dense(classes)(k.Flatten()(branch(images))) for branch in branches]
        return keras.Model(images, k.Add()(ends) if len(ends) > 1 else ends[0], name="net")

    return build
