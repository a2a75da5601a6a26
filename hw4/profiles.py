"""How large the runs are: a claim takes its sizes from the profile and never asks which."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """How many images a seed trains on and is tested on, unless the claim says otherwise.

    `homework_images` are for claims about what the homework saw with its own recipe.
    """

    name: str
    images: int
    test_images: int
    homework_images: int


QUICK = Profile("quick", 1024, 512, 2048)  # every claim within minutes on two cores
HOMEWORK = Profile("homework", 4096, 1024, 4096)  # the assignment's own: a night or a cluster
PROFILES = {profile.name: profile for profile in (QUICK, HOMEWORK)}
