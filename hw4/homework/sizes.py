"""How large the runs of the homework's own recipe are, in each of hw4's profiles.

In the profile `homework` they have the homework's sizes. In `quick`, images are averaged down, and
fewer only where the claims come out as on all: of most, 2,048 are too few for a stable verdict.

`train(…, **DENSE)` trains in these sizes.
"""

_SIDE = {"quick": 16, "homework": 32}  # pixels

DENSE = {"images": {"quick": 4096, "homework": 4096}, "side": _SIDE}
DENSE_FEW = {"images": {"quick": 512, "homework": 4096}, "side": _SIDE}  # fewer steps show the same
CONVOLUTIONAL = {
    "images": {"quick": 64, "homework": 4096},
    "side": {"quick": 8, "homework": 32},
}
