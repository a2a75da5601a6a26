"use strict";
// The slider of a claim's page: the same seeds counted at another margin, by the rule of
// hw4.claims.claim (which seeds show it) and hw4.statistics.sequential (when they decide).
const hw4Margin = (() => {
  const ROUNDING = 1e-12, TOLERANCE = 1e-6;

  const read = (section) => {
    const [kind, ...numbers] = section.dataset.rule.split(" ");
    const [alpha, p0, p1, budget, confirm, block] = numbers.map(Number);
    const real = { inf: Infinity, "-inf": -Infinity, nan: NaN };
    return {
      kind, alpha, p0, p1, budget, confirm, block, margin: Number(section.dataset.margin), unit: section.dataset.unit || "",
      evidence: section.dataset.evidence.split(" ").map((text) => (text in real ? real[text] : Number(text))),
      gain: Math.log(p1 / p0), loss: Math.log((1 - p1) / (1 - p0)),
      lower: Math.log(alpha) * (1 - ROUNDING), upper: -Math.log(confirm || alpha) * (1 - ROUNDING),
    };
  };
  const verdict = (test, events, seeds) => {
    const odds = test.gain * events + test.loss * (seeds - events);
    if (odds >= test.upper && (!test.confirm || seeds % test.block === 0)) return test.confirm ? "confirmed" : "supported";
    return odds <= test.lower ? "refuted" : "inconclusive";
  };
  const shows = (test, value, margin) => {
    const tie = TOLERANCE * Math.max(1, Math.abs(margin));
    return test.kind === "equivalent" ? Math.abs(value) < margin - tie : value > margin + tie;
  };
  // The first boundary that is reached decides; all seeds are counted, and those up to there too.
  const recount = (test, margin) => {
    const shown = test.evidence.map((value) => shows(test, value, margin));
    let events = 0, seeds = 0, word = "inconclusive";
    while (word === "inconclusive" && seeds < Math.min(shown.length, test.budget)) {
      events += shown[seeds];
      seeds += 1;
      word = verdict(test, events, seeds);
    }
    return { word, events, seeds, all: shown.filter(Boolean).length };
  };
  // The exact probability of each verdict within the budget, at a true share of seeds.
  const chances = (test, share) => {
    let walking = [1];
    const found = { supported: 0, refuted: 0, inconclusive: 0 };
    for (let seeds = 1; seeds <= test.budget; seeds += 1) {
      const next = new Array(seeds + 1).fill(0);
      walking.forEach((mass, events) => { next[events] += mass * (1 - share); next[events + 1] += mass * share; });
      next.forEach((mass, events) => {
        const word = mass ? verdict(test, events, seeds) : "inconclusive";
        if (word !== "inconclusive") { found[word === "refuted" ? word : "supported"] += mass; next[events] = 0; }
      });
      walking = next;
    }
    found.inconclusive = walking.reduce((sum, mass) => sum + mass, 0);
    return found;
  };

  const percent = (share) => `${Number((100 * share).toPrecision(2))} %`;
  const figure = (value) => String(Number(value.toPrecision(3)));
  const tell = (test, margin) => {
    const { word, events, seeds, all } = recount(test, margin), holds = test.confirm ? "confirmed" : "supported";
    const stop = word === "inconclusive" ? `these ${seeds} seeds decide nothing` : `${word}, after ${seeds} seeds of which ${events} show it`;
    const share = all / test.evidence.length, again = chances(test, share);
    const rates = [chances(test, test.p0).supported, chances(test, test.p1).refuted].map(percent);
    return `At a margin of ${figure(margin)} ${test.unit}`.trimEnd() + `: ${all} of ${test.evidence.length} seeds show it; ${stop}. `
      + `Were ${percent(share)} the true share, a new run would be ${holds} in ${percent(again.supported)} of cases, refuted in ${percent(again.refuted)} and undecided in ${percent(again.inconclusive)}. `
      + `The exact error rates of a margin that is chosen beforehand: wrongly ${holds} ${rates[0]} at a true share of ${percent(test.p0)}, wrongly refuted ${rates[1]} at ${percent(test.p1)}.`;
  };

  // The steps are such that the claim's own margin is one of them.
  const build = (section) => {
    if (!section || section.querySelector("input")) return;
    const test = read(section), sizes = test.evidence.filter(Number.isFinite).map(Math.abs);
    const size = Math.abs(test.margin), most = 1.1 * Math.max(...sizes, 2 * size, 0) || 1;
    const own = Math.sign(test.margin) * Math.max(size ? 1 : 0, Math.round((200 * size) / most));
    const unit = own ? test.margin / own : most / 200, max = Math.min(400, Math.ceil(most / unit));
    const slider = document.createElement("input"), said = document.createElement("p"), label = document.createElement("label");
    Object.assign(slider, { type: "range", min: test.kind === "equivalent" ? 1 : own < 0 ? -max : 0, max, step: 1, value: own });
    const move = () => {
      const at = Number(slider.value), margin = at === own ? test.margin : at * unit;
      said.dataset.margin = margin;
      slider.setAttribute("aria-valuetext", `${figure(margin)} ${test.unit}`.trimEnd());
      said.textContent = tell(test, margin) + (at === own ? " This is the claim’s own margin." : "");
    };
    slider.addEventListener("input", move);
    said.setAttribute("role", "status");
    label.append("Margin", slider);
    section.append(label, said);
    move();
  };
  return { build };
})();
