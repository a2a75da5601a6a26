"""How large the runs are: a claim takes its sizes from the profile and never asks which."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """How many images a seed trains on and is tested on, unless the claim says otherwise.

    The other sizes are for claims about the homework's own recipe. Its dense networks train on
    `homework_images`, or on `few_images` if fewer steps show the same; its convolutional networks
    on `cnn_images`. Images are averaged down as far as both sides keep `homework_side` or
    `cnn_side` pixels.
    """

    name: str
    images: int
    test_images: int
    homework_images: int
    few_images: int
    homework_side: int
    cnn_images: int
    cnn_side: int


# Every claim within minutes on two cores. The homework's dense networks get smaller images there,
# and fewer only for the claims that 512 show as well: for the others 2,048 are too few for a stable
# verdict.
QUICK = Profile("quick", 1024, 512, 4096, 512, 16, 64, 8)
HOMEWORK = Profile("homework", 4096, 1024, 4096, 4096, 32, 4096, 32)  # the assignment's sizes
PROFILES = {profile.name: profile for profile in (QUICK, HOMEWORK)}
