// The explorer: a flow map, a slider and pickers, and the trend of one arc. All numbers come from the trait "data".

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 1000, CARD = { high: 40, fall: 9 }, MOST = 26, HIDDEN = 1.6;

function make(name, attributes, ...inside) {
  const node = name.startsWith("svg:") ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...inside);
  return node;
}

// Shares in print, as careflow.formatting prints them: halves up, never 0% of something, never 100% of less.
const half = (value) => Math.floor(value + 0.5 + 1e-9);
const count = (value) => half(value).toLocaleString("en-US");
function percent(share) {
  const whole = half(share * 100);
  if (whole === 0 && share > 0) return "<1%";
  if (whole === 100 && share < 1) return ">99%";
  return `${whole}%`;
}

// The rows of the frame, found by their keys.
class Rates {
  constructor(data) {
    this.data = data;
    this.strata = data.strata.map((one) => one.name);
    const columns = Object.fromEntries(data.columns.map((name, place) => [name, place]));
    const keys = data.columns.slice(0, data.columns.indexOf("n"));
    this.byKey = new Map();
    for (const row of data.rows) {
      const one = {};
      for (const name of ["n", "of", "rate", "low", "high"]) one[name] = row[columns[name]];
      one.hidden = row[columns.hidden] === 1;
      one.mature = row[columns.mature] === 1;
      this.byKey.set(keys.map((name) => row[columns[name]]).join(" "), one);
    }
  }
  at(where, period, from, to) {
    const key = this.strata.map((name, place) => this.data.strata[place].values.indexOf(String(where[name])));
    if (this.data.unit) key.push(period);
    return this.byKey.get([...key, from, to].join(" "));
  }
  period(place) {
    return this.data.periods.length ? this.data.periods[place] : { label: "", mature: true };
  }
  edge(from, to) {
    const end = this.data.ends[to];
    const isLevel = to < this.data.levels.length && this.data.levels.some((level) => level.name === end.name);
    return `${this.data.levels[from].label}${isLevel ? " to " : ": "}${end.label}`;
  }
  // One row in words: what is said of an arc, shown, and read by a screen reader.
  words(row, from, to, period) {
    const when = this.period(period);
    const what = this.edge(from, to) + (when.label ? `, ${when.label}` : "");
    const late = row && !row.mature ? ", not yet mature" : "";
    if (!row) return `${what}: no discharges`;
    if (row.hidden) return `${what}: s, suppressed${late}`;
    if (row.rate === null) return `${what}: ${row.of === 0 ? "no discharges" : "not known"}${late}`;
    const of = row.n === null || row.of === null ? "" : ` (${count(row.n)} of ${count(row.of)})`;
    const limits = row.low === null || row.high === null ? ""
      : `, ${this.data.words.interval} ${half(row.low * 100)}–${half(row.high * 100)}%`;
    return `${what}: ${percent(row.rate)}${of}${limits}${late}`;
  }
}

function shown(row) {
  return row && (row.hidden || (row.n !== null && row.n > 0));
}

// Arcs of one period: where they begin and end, so that arcs at one level never cross.
function layout(rates, where, period) {
  const { levels, ends, direction } = rates.data;
  const pitch = WIDE / levels.length, wide = Math.min(pitch * 0.78, 150);
  const moves = [];
  levels.forEach((level, from) => ends.forEach((end, to) => {
    const goal = levels.findIndex((one) => one.name === end.name);
    if (goal < 0 || goal === from) return;
    const row = rates.at(where, period, from, to);
    if (shown(row)) moves.push({ from, to, goal, row, role: direction[from][to] || "lateral", below: goal > from });
  }));
  const most = Math.max(0, ...moves.map((one) => (one.row.hidden ? 0 : one.row.n)));
  let scale = most > 0 ? MOST / most : 0;
  const thick = (one) => (one.row.hidden ? HIDDEN : Math.max(one.row.n * scale, HIDDEN));
  const gap = 3;
  const sides = levels.flatMap((level, place) => [true, false].map((below) => {
    const span = (one) => Math.abs(one.goal - one.from);
    const arriving = moves.filter((one) => one.below === below && one.goal === place).sort((a, b) => span(a) - span(b));
    const leaving = moves.filter((one) => one.below === below && one.from === place).sort((a, b) => span(b) - span(a));
    const order = [...arriving.map((one) => [one, "x2"]), ...leaving.map((one) => [one, "x1"])];
    return { place, order: below ? order : order.reverse() };
  }));
  for (let turn = 0; turn < 40; turn++) {
    const full = sides.some(({ order }) => order.reduce((sum, [one]) => sum + thick(one) + gap, 0) > wide - 8);
    if (!full) break;
    scale *= 0.9;
  }
  const deep = (below) => Math.max(0, ...moves.filter((one) => one.below === below)
    .map((one) => Math.abs(one.goal - one.from)));
  const reach = (span) => (span ? 42 + 26 * span : 10);
  const top = reach(deep(false)) + 22, fall = levels.length <= 6 ? CARD.fall : 4;
  const high = top + CARD.high + fall * (levels.length - 1) + reach(deep(true)) + 22;
  const cards = levels.map((level, place) => ({
    x: pitch * (place + 0.5) - wide / 2, y: top + fall * place, wide, high: CARD.high,
  }));
  for (const { place, order } of sides) {
    const total = order.reduce((sum, [one]) => sum + thick(one) + gap, -gap);
    let x = cards[place].x + wide / 2 - total / 2;
    for (const [one, end] of order) {
      one[end] = x + thick(one) / 2;
      x += thick(one) + gap;
    }
  }
  for (const one of moves) {
    one.thick = thick(one);
    const edge = (place) => (one.below ? cards[place].y + CARD.high : cards[place].y);
    one.y1 = edge(one.from);
    one.y2 = edge(one.goal);
    one.depth = (one.below ? 1 : -1) * reach(Math.abs(one.goal - one.from)) / 0.75;
  }
  return { moves, cards, high };
}

function arc(one, theme, words) {
  const { x1, y1, x2, y2, depth, thick, row } = one;
  const sign = Math.sign(depth), head = row.hidden ? 7 : Math.min(5 + thick * 0.55, 16);
  const end = y2 + sign * head * 0.8;
  const d = `M${x1},${y1} C${x1},${y1 + depth} ${x2},${end + depth} ${x2},${end}`;
  const colour = theme.fills[one.role] || theme.outline, half = Math.max(thick * 0.72, 4);
  const dash = row.hidden ? { "stroke-dasharray": "5 4" } : {};
  return make("svg:g", {
    class: "arc", tabindex: "0", role: "button", "aria-label": words, "data-from": one.from, "data-to": one.to,
  },
  make("svg:path", { class: "hit", d, "stroke-width": Math.max(thick + 6, 14) }),
  make("svg:path", { class: "line", d, stroke: colour, "stroke-width": thick, ...dash }),
  make("svg:polygon", {
    class: "head", fill: colour, points: `${x2 - half},${end} ${x2 + half},${end} ${x2},${y2}`,
  }));
}

// The share of each arc at its apex, the largest first, where no other stands.
function labels(moves, theme) {
  const taken = [], out = [];
  const order = [...moves].sort((a, b) => (b.row.n ?? 0) - (a.row.n ?? 0) || a.from - b.from || a.to - b.to);
  for (const one of order) {
    const text = one.row.hidden ? "s" : percent(one.row.rate);
    const x = (one.x1 + one.x2) / 2, y = (one.y1 + one.y2) / 2 + 0.75 * one.depth;
    const box = [x - text.length * 4.6 - 3, y - 10, x + text.length * 4.6 + 3, y + 10];
    if (taken.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
    taken.push(box);
    const fill = theme.inks[one.role] || theme.muted;
    const pill = { class: "pill", x: box[0], y: y - 9, width: box[2] - box[0], height: 18, rx: 3 };
    out.push([one, make("svg:rect", pill), make("svg:text", { x, y: y + 5, fill, "aria-hidden": "true" }, text)]);
  }
  return out;
}

// Round ticks from 0.
function ticks(top) {
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5].find((one) => top / one <= 4) ?? 0.5;
  const out = [];
  for (let place = 0; place * step <= top + 1e-9; place++) out.push(place * step);
  return out;
}

function trend(rates, where, from, to, theme, chosen) {
  const { periods } = rates.data;
  const rows = periods.map((_, place) => rates.at(where, place, from, to));
  const known = rows.map((row) => row && !row.hidden && row.rate !== null ? row : null);
  const ends = known.flatMap((row) => (row ? [row.rate, row.high ?? row.rate] : []));
  const top = Math.max(0.05, ...ends) * 1.06;
  const box = { left: 46, right: WIDE - 14, top: 10, bottom: 190 };
  const x = (place) => box.left + (box.right - box.left) * (place + 0.5) / periods.length;
  const y = (share) => box.bottom - (box.bottom - box.top) * share / top;
  const svg = make("svg:svg", { viewBox: `0 0 ${WIDE} 226`, role: "img", "aria-label": `Trend of ${rates.edge(from, to)}` });
  rows.forEach((row, place) => {
    if (row && !row.mature) {
      const w = (box.right - box.left) / periods.length;
      svg.append(make("svg:rect", { class: "late", x: x(place) - w / 2, y: box.top, width: w, height: box.bottom - box.top, fill: theme.band }));
    }
  });
  const marks = ticks(top);
  marks.forEach((share, place) => {
    svg.append(make("svg:line", { x1: box.left, x2: box.right, y1: y(share), y2: y(share), stroke: share ? theme.rule : theme.muted }));
    const text = `${+(share * 100).toFixed(1)}${place === marks.length - 1 ? "%" : ""}`;
    svg.append(make("svg:text", { x: box.left - 8, y: y(share) + 5, "text-anchor": "end", fill: theme.muted }, text));
  });
  const role = rates.data.direction[from][to], colour = theme.fills[role] || theme.ink;
  const every = Math.max(1, Math.ceil(periods.length / 12));
  rows.forEach((row, place) => {
    if (place % every === 0) {
      svg.append(make("svg:text", { x: x(place), y: box.bottom + 20, "text-anchor": "middle", fill: theme.muted }, periods[place].label));
    }
    const next = known[place + 1], one = known[place];
    if (one && next) {
      const dash = one.mature && next.mature ? {} : { "stroke-dasharray": "4 4" };
      svg.append(make("svg:line", { x1: x(place), y1: y(one.rate), x2: x(place + 1), y2: y(next.rate), stroke: colour, "stroke-width": 2, ...dash }));
    }
    if (one && one.low !== null && one.high !== null) {
      svg.append(make("svg:line", { class: "interval", x1: x(place), x2: x(place), y1: y(one.low), y2: y(one.high), stroke: colour, "stroke-width": 5, "stroke-opacity": 0.3 }));
    }
    if (row && row.hidden) {
      svg.append(make("svg:text", { class: "gap", x: x(place), y: box.bottom - 6, "text-anchor": "middle", fill: theme.muted }, "s"));
    }
  });
  rows.forEach((row, place) => {
    if (!known[place]) return;
    const fill = row.mature ? colour : theme.ground;
    svg.append(make("svg:circle", {
      class: row.mature ? "dot" : "dot hollow", cx: x(place), cy: y(row.rate), r: place === chosen ? 6 : 4, fill, stroke: colour, "stroke-width": 2,
    }, make("svg:title", {}, rates.words(row, from, to, place))));
  });
  return svg;
}

function render({ model, el }) {
  const root = make("div", { class: "careflow-explore", "data-lm-suppress-shortcuts": "true" });
  const rates = new Rates(JSON.parse(model.get("data")));
  const { data } = rates;
  const dark = document.body.dataset.jpThemeLight === "false";
  const theme = data.themes[dark ? 1 : 0];
  for (const name of ["ground", "ink", "muted", "rule", "band", "outline"]) root.style.setProperty(`--${name}`, theme[name]);

  const pickers = make("div", { class: "pickers" });
  const slider = make("input", { type: "range", min: 0, max: Math.max(data.periods.length - 1, 0), step: 1, "aria-label": data.unit || "period" });
  const said = make("output", {});
  if (data.unit) {
    const unit = data.unit[0].toUpperCase() + data.unit.slice(1);
    pickers.append(make("label", {}, unit, slider, said));
  }
  const selects = data.strata.map((stratum) => {
    const select = make("select", { "data-stratum": stratum.name }, ...stratum.values.map((value) => make("option", { value }, value)));
    pickers.append(make("label", {}, stratum.name === "within" ? "within days" : stratum.name, select));
    return select;
  });
  const from = make("select", { class: "from" }, make("option", { value: "" }, "all levels"),
    ...data.levels.map((level, place) => make("option", { value: place }, level.label)));
  pickers.append(make("label", {}, "level left", from));

  const map = make("div", { class: "map" });
  const live = make("p", { class: "words", role: "status", "aria-live": "polite" });
  const list = make("ul", { "aria-label": "What followed" });
  const below = make("div", { class: "trend" });
  const within = data.words.within.length ? ` within ${data.words.within[0]} days` : "";
  const key = make("p", { class: "key" },
    `Arc width: ${data.words.counted}${within}; dashed, s: suppressed. Point at an arc for its rate; click it, or press Enter, for its trend.`);
  root.append(pickers, map, live, list, below, key);

  const chosen = () => {
    const edge = model.get("edge");
    if (edge.length !== 2) return null;
    const pair = [data.levels.findIndex((one) => one.name === edge[0]), data.ends.findIndex((one) => one.name === edge[1])];
    return pair.includes(-1) ? null : pair;
  };
  const choose = (one, other) => {
    model.set("edge", [data.levels[one].name, data.ends[other].name]);
    model.save_changes();
  };
  const press = (node, act) => {
    node.addEventListener("click", act);
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); }
    });
  };

  function drawMap() {
    const where = model.get("where"), period = model.get("period");
    const focused = map.contains(document.activeElement) ? document.activeElement.dataset : null;
    const { moves, cards, high } = layout(rates, where, period);
    const svg = make("svg:svg", { viewBox: `0 0 ${WIDE} ${high}`, role: "group", "aria-label": `Moves between levels of care, ${rates.period(period).label}` });
    const only = from.value === "" ? null : Number(from.value), pair = chosen();
    const arcs = new Map();
    for (const one of [...moves].sort((a, b) => b.thick - a.thick || a.from - b.from || a.to - b.to)) {
      const words = rates.words(one.row, one.from, one.to, period);
      const node = arc(one, theme, words);
      if (only !== null && one.from !== only) node.classList.add("pale");
      if (pair && pair[0] === one.from && pair[1] === one.to) node.classList.add("chosen");
      for (const name of ["pointerenter", "focus"]) node.addEventListener(name, () => { live.textContent = words; });
      press(node, () => choose(one.from, one.to));
      arcs.set(one, node);
      svg.append(node);
    }
    for (const [one, ...label] of labels(moves, theme)) arcs.get(one).append(...label);
    // A screen reader and the Tab key go through the arcs in the order of the levels.
    [...arcs].sort(([a], [b]) => a.from - b.from || a.to - b.to).forEach(([, node]) => svg.append(node));
    cards.forEach((card, place) => {
      svg.append(make("svg:rect", { x: card.x, y: card.y, width: card.wide, height: card.high, rx: 4, fill: theme.cards[place] }));
      const name = data.levels[place].label, size = Math.min(16, 1.75 * card.wide / Math.max(name.length, 1));
      svg.append(make("svg:text", {
        x: card.x + card.wide / 2, y: card.y + card.high / 2 + size * 0.35, "text-anchor": "middle", "font-weight": 600, "font-size": size, fill: theme.names[place],
      }, name));
    });
    map.replaceChildren(svg);
    if (focused && focused.from !== undefined) {
      svg.querySelector(`.arc[data-from="${focused.from}"][data-to="${focused.to}"]`)?.focus();
    }
  }

  function drawList() {
    list.replaceChildren();
    if (from.value === "") return;
    const level = Number(from.value), period = model.get("period"), pair = chosen();
    data.ends.forEach((end, to) => {
      const row = rates.at(model.get("where"), period, level, to);
      if (!row) return;
      const short = row.hidden ? "s" : row.rate === null ? "–" : percent(row.rate);
      const pressed = Boolean(pair && pair[0] === level && pair[1] === to);
      const words = rates.words(row, level, to, period);
      const button = make("button", { type: "button", "aria-label": words, "aria-pressed": pressed }, `${end.label}: ${short}`);
      for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => { live.textContent = words; });
      button.addEventListener("click", () => choose(level, to));
      list.append(make("li", {}, button));
    });
  }

  function drawTrend() {
    const pair = chosen();
    below.replaceChildren();
    if (!pair) return;
    const where = model.get("where"), [one, other] = pair;
    below.append(make("h3", {}, rates.edge(one, other)));
    if (!data.periods.length) {
      below.append(make("p", {}, rates.words(rates.at(where, 0, one, other), one, other, 0)));
      return;
    }
    below.append(trend(rates, where, one, other, theme, model.get("period")));
    const rows = data.periods.map((_, place) => rates.at(where, place, one, other));
    const notes = [`Bars: ${data.words.interval}.`];
    if (rows.some((row) => row && row.hidden)) notes.push("s: suppressed.");
    if (rows.some((row) => row && !row.mature)) notes.push("Shaded and hollow: not yet mature, will change.");
    below.append(make("p", {}, notes.join(" ")));
    below.append(make("ol", { class: "away", "aria-label": "The trend in words" },
      ...rows.map((row, place) => make("li", {}, rates.words(row, one, other, place)))));
  }

  function sync() {
    const period = model.get("period"), where = model.get("where");
    const now = rates.period(period), text = now.label + (now.mature ? "" : ", not yet mature");
    slider.value = period;
    slider.setAttribute("aria-valuetext", text);
    said.textContent = text;
    selects.forEach((select) => { select.value = where[select.dataset.stratum]; });
  }
  function draw() {
    sync();
    drawMap();
    drawList();
    drawTrend();
  }

  // JupyterLab keeps the default of the arrow keys from a slider in an output, so they are answered here.
  slider.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    slider.value = Math.min(Math.max(Number(slider.value) + step, 0), data.periods.length - 1);
    slider.dispatchEvent(new Event("input"));
  });
  slider.addEventListener("input", () => { model.set("period", Number(slider.value)); model.save_changes(); });
  selects.forEach((select) => select.addEventListener("change", () => {
    model.set("where", { ...model.get("where"), [select.dataset.stratum]: select.value });
    model.save_changes();
  }));
  from.addEventListener("change", () => { drawMap(); drawList(); });
  for (const name of ["period", "where", "edge"]) model.on(`change:${name}`, draw);
  el.append(root);
  draw();
  root.dataset.ready = "1";
  return () => { for (const name of ["period", "where", "edge"]) model.off(`change:${name}`, draw); };
}

export default { render };
