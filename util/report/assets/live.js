// The live view: asks for the state of the runs and changes what differs. Elements stay where they are, so that the
// keyboard focus, a selection and what was opened survive a refresh. All foreign text is set as textContent.
"use strict";
(() => {
  const { $, NAMES, CLASSES, make } = Report;
  const ORDER = ["r", "w", "n", "t", "u", "e", "p"];
  const EVERY = 1500, HIDDEN = 10000, SPEAK = 15000;
  const STATES = { running: "running", finished: "finished", stopped: "stopped" };
  const name = (code) => (code === "p" ? "waiting for a verdict" : NAMES[code]);
  const kind = (code) => (code === "p" ? "pending" : CLASSES[code]);
  const number = (value) => Math.round(value).toLocaleString("en");
  const share = (value) => `${(100 * value).toFixed(1)}%`;

  const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const put = (element, attribute, value) => { if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value); };

  // Children of parent by key, in the order of items. keep(element): whether one that is no longer among them stays.
  const keyed = (parent, items, key, build, fill, keep = () => false) => {
    const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
    let before = null;
    for (const item of items) {
      const wanted = key(item);
      const child = known.get(wanted) || build(item);
      child.dataset.key = wanted;
      known.delete(wanted);
      fill(child, item);
      const place = before ? before.nextSibling : parent.firstChild;
      // Moving an element takes its focus away: the others move around the one that has it.
      if (place !== child && !(child.contains(document.activeElement) && child.parentNode)) parent.insertBefore(child, place);
      before = child;
    }
    for (const child of known.values()) if (!keep(child) && !child.contains(document.activeElement)) child.remove();
  };

  const duration = (seconds) => {
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} days`;
  };

  const stats = (run) => {
    const found = [];
    const add = (label, value, small) => found.push({ label, value, small: small || "" });
    const a = run.accuracy;
    add(run.state === "finished" ? "accuracy" : "accuracy so far", a ? share(a.value) : "none yet",
      a ? `${share(a.low)} to ${share(a.high)}, ${number(a.problems)} problems` : "no verdict");
    const total = run.total === null ? "" : ` of ${run.atMost ? "at most " : ""}${number(run.total)}`;
    add("responses", `${number(run.done)}${total}`, run.total ? share(Math.min(1, run.done / run.total)) : "");
    if (run.rate !== null) add("tokens/s", number(run.rate), run.state === "running" ? "last minute" : "last run");
    else if (run.state === "running") add("tokens/s", "measuring");
    if (run.left !== null) add("time left", `about ${duration(run.left)}`);
    add("tokens", number(run.tokens), run.flyingTokens ? `and ${number(run.flyingTokens)} in flight` : "");
    if (run.state === "running") add("in flight", number(run.flying));
    const responses = Object.values(run.codes).reduce((a, b) => a + b, 0);
    const part = (code) => (responses ? share((run.codes[code] || 0) / responses) : "");
    add("truncated", number(run.codes.t || 0), part("t"));
    add("failed", number(run.codes.e || 0), part("e"));
    if (run.spent !== null) add("spent", `$${run.spent < 1 ? run.spent.toFixed(4) : run.spent.toFixed(2)}`, run.estimated ? "partly estimated" : "all runs of this file");
    for (const each of run.temperatures || []) {
      add(`temperature ${each.label}`, each.accuracy ? share(each.accuracy.value) : "none yet",
        `${number(each.done)}${each.total === null ? "" : ` of ${number(each.total)}`} responses`);
    }
    return found;
  };

  const buildStat = (stat) => {
    const box = make("div");
    box.append(make("dt", "", stat.label), make("dd"));
    box.lastChild.append(document.createTextNode(""), make("small"));
    return box;
  };

  const fillStat = (box, stat) => {
    set(box.firstChild, stat.label);
    const [value, small] = box.lastChild.childNodes;
    if (value.data !== stat.value) value.data = stat.value;
    set(small, stat.small);
  };

  const buildRun = () => {
    const card = make("section", "card run");
    const heading = make("h2");
    heading.append(make("span"), make("span", "state"));
    const track = make("div", "track");
    track.setAttribute("role", "progressbar");
    put(track, "aria-valuemin", "0");
    card.append(heading, make("p", "soft file"), track, make("ul", "counts"), make("dl", "stats"));
    return card;
  };

  const note = (run) => {
    if (run.fault) return run.fault;
    if (run.read < 1) return `reading the journal: ${share(run.read)}`;
    const parts = [run.file];
    if (run.checks && run.state === "running") parts.push("verdicts are made again");
    if (run.state === "stopped") parts.push(`the run has ended early; rerun its command to continue${run.kept ? `, ${run.kept} unfinished responses go on` : ""}`);
    if (run.damaged) parts.push(`${run.damaged} damaged lines are skipped`);
    if (run.changed !== null && run.state === "running") {
      const silent = Date.now() / 1000 - run.changed;
      if (silent > 120) parts.push(`nothing new for ${duration(silent)}`);
    }
    return parts.join("; ");
  };

  const fillRun = (card, run) => {
    const [heading, file, track, counts, list] = card.children;
    set(heading.firstChild, run.title);
    set(heading.lastChild, STATES[run.state]);
    put(heading.lastChild, "class", `state ${run.state}`);
    set(file, note(run));
    const codes = ORDER.filter((code) => run.codes[code]).map((code) => ({ code, count: run.codes[code] }));
    const all = codes.reduce((sum, each) => sum + each.count, 0);
    const whole = Math.max(1, run.atMost && run.state === "finished" ? all : run.total || 0, all);
    put(track, "aria-label", `responses of ${run.title}`);
    put(track, "aria-valuemax", String(whole));
    put(track, "aria-valuenow", String(all));
    keyed(track, codes, (each) => each.code, (each) => make("i", kind(each.code)),
      (bar, each) => { bar.style.width = `${(100 * each.count) / whole}%`; });
    keyed(counts, codes, (each) => each.code, (each) => { const item = make("li", kind(each.code)); item.append(make("span")); return item; },
      (item, each) => set(item.firstChild, `${number(each.count)} ${name(each.code)}`));
    keyed(list, stats(run), (stat) => stat.label.replace(" so far", ""), buildStat, fillStat);
  };

  const buildProblem = () => {
    const item = make("li");
    item.append(make("b"), make("span"), make("div", "soft"));
    return item;
  };

  const fillProblem = (item, problem) => {
    const [label, text, where] = item.children;
    set(label, problem.kind);
    set(text, problem.text);
    const at = problem.at === null ? "" : new Date(problem.at * 1000).toLocaleTimeString();
    set(where, [problem.run, problem.where, at].filter(Boolean).join(" · "));
  };

  const buildLatest = (item) => {
    const details = make("details");
    const label = make("summary");
    label.append(make("b"), ` ${item.key} `, make("small", "soft", `${item.title}, sample ${item.sample}`));
    details.append(label);
    details.addEventListener("toggle", async () => {
      if (!details.open || details.childElementCount > 1) return;
      const box = make("div");
      details.append(box);
      try {
        const answer = await fetch(`response?run=${item.run}&at=${item.at}`);
        const problem = answer.ok ? await answer.json() : null;
        if (problem) box.append(Report.responseView(problem.responses[0], item.sample - 1, problem));
        else box.append(make("p", "soft", "This response is no longer among the last ones."));
      } catch {
        box.append(make("p", "soft", "The server does not answer."));
      }
    });
    return details;
  };

  const fillLatest = (details, item) => {
    const label = details.firstChild.firstChild;
    set(label, name(item.code));
    put(label, "class", kind(item.code));
  };

  const spoken = (state) => {
    if (state.fault) return state.fault;
    const working = state.runs.filter((run) => run.state === "running");
    if (state.read < 1) return "Reading the journals."; // also before the first look
    if (!state.runs.length) return "No run has begun in this folder yet. This page shows it as soon as its journal is there.";
    if (!working.length) {
      const open = state.runs.filter((run) => run.state === "stopped").length;
      return open ? `No run is working. ${open} of ${state.runs.length} ended early.` : "The run has ended. All results are written.";
    }
    return working.map((run) => {
      const part = run.total ? `${number(run.done)} of ${number(run.total)} responses` : `${number(run.done)} responses`;
      return `${run.title}: ${part}${run.accuracy ? `, ${share(run.accuracy.value)} right so far` : ""}`;
    }).join(". ");
  };

  let saidAt = 0, said = "";
  const say = (text, at_once) => {
    if (text === said || (!at_once && Date.now() - saidAt < SPEAK)) return;
    [said, saidAt] = [text, Date.now()];
    set($("status"), text);
  };

  const hint = (state) => {
    const box = $("hint");
    const wanted = state.results ? "report" : state.runs.length ? "early" : "";
    if (box.dataset.shown === wanted) return;
    box.dataset.shown = wanted;
    box.replaceChildren();
    if (wanted === "report") {
      const link = make("a", "", "Open the report of the finished benchmarks");
      link.href = "report";
      box.append(link);
    } else if (wanted === "early") box.append("Short responses end first, so that the accuracy of an unfinished run is usually too high.");
  };

  let states = "";
  const show = (state) => {
    const now = state.runs.map((run) => run.id + run.state).join() + state.fault + (state.read < 1);
    say(spoken(state), now !== states);
    states = now;
    const working = state.runs.filter((run) => run.state === "running").length;
    const title = working ? `Live view: ${working} running` : state.runs.length ? "Live view: ended" : "Live view";
    set($("headline"), title);
    if (document.title !== title) document.title = title;
    hint(state);
    keyed($("runs"), state.runs, (run) => run.id, buildRun, fillRun);
    $("trouble").hidden = !state.problems.length;
    keyed($("problems"), state.problems, (problem) => [problem.run, problem.at, problem.where, problem.kind, problem.text].join("\n"), buildProblem, fillProblem);
    $("last").hidden = !state.latest.length && !$("latest").childElementCount;
    keyed($("latest"), state.latest, (item) => `${item.run} ${item.at}`, buildLatest, fillLatest, (element) => element.open);
    set($("clock"), `updated ${new Date().toLocaleTimeString()}`);
  };

  let waiting, misses = 0;
  const refresh = async () => {
    clearTimeout(waiting);
    try {
      const answer = await fetch("state");
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
      misses = 0;
    } catch {
      misses += 1;
      if (misses > 1) say("The live view does not answer: its command has ended. The run is not affected.", true);
    }
    waiting = setTimeout(refresh, document.hidden ? HIDDEN : Math.min(HIDDEN, EVERY * (1 + misses)));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  refresh();
})();
