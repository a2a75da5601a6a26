"use strict";
// The slider of a claim's page: the same seeds counted at another margin, or share of seeds, by the
// rule of hw4.claims.claim (which seeds show it) and hw4.statistics.sequential (when they decide);
// of a claim about time the same interval, by that of hw4.statistics.ratios.
const hw4Margin = (() => {
  const ROUNDING = 1e-12, TOLERANCE = 1e-6, ENOUGH = 6, FAR = 0.1, NOISIEST = 2;

  const read = ({ dataset }) => {
    const [kind, ...numbers] = dataset.rule.split(" ");
    const real = { inf: Infinity, "-inf": -Infinity, nan: NaN };
    const evidence = dataset.evidence.split(" ").map((text) => (text in real ? real[text] : Number(text)));
    const common = { kind, evidence, margin: Number(dataset.margin), unit: dataset.unit || "" };
    if (kind === "timing") {
      const [low, high, control, processes, least] = numbers.map(Number);
      return { ...common, low, high, control, processes, least };
    }
    const [alpha, p0, p1, budget, confirm, block] = numbers.map(Number);
    return walking({
      ...common, alpha, p0, p1, budget, confirm, block,
      lower: Math.log(alpha) * (1 - ROUNDING), upper: -Math.log(confirm || alpha) * (1 - ROUNDING),
    });
  };
  const walking = (test) => ({ ...test, gain: Math.log(test.p1 / test.p0), loss: Math.log((1 - test.p1) / (1 - test.p0)) });
  // The test of another share, with the share that its support rules out, and the same budget.
  const asked = (test, p1) => {
    const odds = p1 / (1 - p1) / 9;
    return p1 === test.p1 ? test : walking({ ...test, p1, p0: p1 > 0.9 ? Math.max(0.5, odds / (1 + odds)) : 0.5 });
  };
  const verdict = (test, events, seeds) => {
    const odds = test.gain * events + test.loss * (seeds - events);
    if (odds >= test.upper && (!test.confirm || seeds % test.block === 0)) return test.confirm ? "confirmed" : "supported";
    return odds <= test.lower ? "refuted" : "inconclusive";
  };
  const shows = (test, value, margin) => {
    if (test.kind === "rate" || test.kind === "rare") return value === 1;
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

  // What the interval of a ratio of times says. Of large arrays a margin is `least` or more.
  const compared = (test, asked) => {
    const stated = Math.max(asked, test.least), margin = Math.max(stated, Math.expm1(2 * Math.abs(Math.log(test.control)))), { low, high } = test;
    const alike = 1 + Math.min(margin, NOISIEST * stated), far = (1 + FAR) * (1 + margin);
    let word = "inconclusive";
    if (test.processes < ENOUGH) word = low > far ? "supported" : high < 1 / far ? "refuted" : word;
    else if (low > 1 + margin) word = "supported";
    else if (1 / alike < low && high < alike) word = "equivalent";
    else if (high < 1 && (high < 1 / (1 + margin) || margin === stated)) word = "refuted";
    return { word, margin, stated };
  };

  // As hw4.report.reading.numerals: only what is all or nothing is said to be.
  const percent = (share) => {
    if (share < 1 && share >= 0.995) return `${Math.min(99.99, Number((100 - Number((100 * (1 - share)).toPrecision(1))).toFixed(2)))} %`;
    return `${Number((100 * share).toPrecision(2))} %`;
  };
  // A share of seeds in whole hundredths, as `share` there: a half, which only eighths have, goes to the even one.
  const ofSeeds = (share) => {
    const down = Math.floor(100 * share), isHalf = Number.isInteger(8 * share) && (200 * share) % 2 === 1;
    const whole = isHalf ? down + (down % 2) : Math.round(100 * share.toFixed(2));
    if (whole === 100 && share < 1) return percent(share);
    return whole ? `${whole} %` : `${Number((100 * share).toPrecision(1))} %`;
  };
  const exactly = (share) => `${Number((100 * share).toPrecision(5))} %`;
  const figure = (value) => String(Number(value.toPrecision(3)));
  const place = (test, at) => { // in words
    if (test.kind === "rate") return `at least ${exactly(at)}`;
    if (test.kind === "rare") return `at most ${exactly(1 - at)}`;
    return `${figure(at)} ${test.unit}`.trimEnd();
  };
  const tellTime = (test, at) => {
    const { word, margin, stated } = compared(test, at);
    const wider = margin > stated ? ` Noise in this run, as the control shows it, widens that margin to ${figure(margin)}.`
      : stated > at ? ` For arrays of this size the margin is at least ${figure(stated)}.` : "";
    return `At a margin of ${figure(at)}: ${word}. The interval of the ratio is ${figure(test.low)} to ${figure(test.high)}.${wider}`;
  };
  // What a new run would come to, if as large a share of all seeds showed it as of these.
  const foretold = (test, all, holds) => {
    const of = test.evidence.length, again = chances(test, all / of);
    const those = all === of ? "every seed" : all ? `${ofSeeds(all / of)} of all seeds` : "no seed";
    const found = [[holds, again.supported], ["refuted", again.refuted], ["undecided", again.inconclusive]].filter(([, share]) => share > 0);
    const said = found.length === 1 ? `always be ${found[0][0]}`
      : "be " + found.map(([word, share], n) => `${word} in ${share < 1e-6 ? "under 0.0001 %" : percent(share)}${n ? "" : " of cases"}`).join(", ").replace(/, (?!.*, )/, " and ");
    return `If ${those} showed it, a new run would ${said}. `;
  };
  const tellSeeds = (own, at) => {
    const isShare = own.kind === "rate" || own.kind === "rare", test = isShare ? asked(own, at) : own;
    const { word, events, seeds, all } = recount(test, at), holds = test.confirm ? "confirmed" : "supported";
    const stop = word === "inconclusive" ? `these ${seeds} seeds decide nothing` : `${word}, after ${seeds} seeds of which ${events} show it`;
    const rates = [chances(test, test.p0).supported, chances(test, test.p1).refuted].map(percent);
    return `At a ${isShare ? "share" : "margin"} of ${place(test, at)}: ${all} of ${test.evidence.length} seeds show it; ${stop}. `
      + foretold(test, all, holds)
      + `The exact error rates of a ${isShare ? "share" : "margin"} that is chosen beforehand: wrongly ${holds} ${rates[0]} at a true share of ${percent(test.p0)}, wrongly refuted ${rates[1]} at ${exactly(test.p1)}.`;
  };

  // The places of the slider, of which the claim's own margin or share is one.
  const shares = (own) => {
    const others = Array.from({ length: 45 }, (_, n) => (n + 55) / 100).filter((each) => Math.abs(each - own) > 1e-9);
    return [...others, own].sort((a, b) => a - b);
  };
  const margins = (test) => {
    const reached = test.kind === "timing" ? [test.high - 1, 1 / test.low - 1] : test.evidence.filter(Number.isFinite).map(Math.abs);
    const size = Math.abs(test.margin), most = 1.1 * Math.max(...reached, 2 * size, 0) || 1;
    const own = Math.sign(test.margin) * Math.max(size ? 1 : 0, Math.round((200 * size) / most));
    const unit = own ? test.margin / own : most / 200, last = Math.min(400, Math.ceil(most / unit));
    const first = own < 0 ? -last : test.kind === "win" ? 0 : 1;
    return Array.from({ length: last - first + 1 }, (_, n) => (n + first === own ? test.margin : (n + first) * unit));
  };
  const build = (section) => {
    if (!section || section.querySelector("input")) return;
    const test = read(section), isShare = test.kind === "rate" || test.kind === "rare";
    const own = isShare ? test.p1 : test.margin, places = isShare ? shares(own) : margins(test);
    const slider = document.createElement("input"), said = document.createElement("p"), label = document.createElement("label");
    Object.assign(slider, { type: "range", min: 0, max: places.length - 1, step: 1, value: places.indexOf(own) });
    const move = () => {
      const at = places[Number(slider.value)];
      said.dataset.margin = at;
      slider.setAttribute("aria-valuetext", place(test, at));
      said.textContent = (test.kind === "timing" ? tellTime : tellSeeds)(test, at)
        + (at === own ? ` This is the claim’s own ${isShare ? "share" : "margin"}.` : "");
    };
    slider.addEventListener("input", move);
    said.setAttribute("role", "status");
    label.append(isShare ? "Share of seeds" : "Margin", slider);
    section.append(label, said);
    move();
  };
  return { build };
})();
