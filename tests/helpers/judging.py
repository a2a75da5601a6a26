"""A claim judged as the plugin does it, by a function of the test's own."""

from hw4.claims import doubts
from hw4.claims.walk import Walk, disproved, proved
from hw4.seeds import BLOCK, seeds_from


def judge(claim, root, ask, told=lambda seeds: None, *, again=None, arms=None, confirm=False):
    """Return the judgement of a claim whose function is `ask`.

    Args:
        claim: a `Claim`.
        root: of its seeds.
        ask: seeds (n,) → what the claim's function returns.
        told: called with the number of seeds so far, after each block.
        again: asked for two seeds of the first block once more; None for no replay.
        arms: what was trained.
        confirm: whether the claim is to be confirmed.
    """
    if claim.kind == "exact":
        try:
            return proved(ask(seeds_from(root, BLOCK)))
        except AssertionError as failure:
            return disproved(failure)
    walk, warnings = Walk(claim, confirm=confirm), []
    for seeds in walk.blocks(root):
        values = walk.add(ask(seeds), seeds, arms)
        if again:
            warnings += doubts.replay(claim, again, seeds, values)
            again = None
        told(walk.evidence.size)
    return walk.judgement(arms, warnings)
