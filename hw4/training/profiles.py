"""How large the runs are: a claim takes its sizes from the profile and never asks which."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """How many images a seed trains on and is tested on, unless the claim says otherwise.

    A suite with sizes of its own gives `train` a number for each profile, by these names.
    """

    name: str
    images: int
    test_images: int


QUICK = Profile("quick", 1024, 512)  # for claims that are decided within minutes
HOMEWORK = Profile("homework", 4096, 1024)  # for a night
PROFILES = {profile.name: profile for profile in (QUICK, HOMEWORK)}
