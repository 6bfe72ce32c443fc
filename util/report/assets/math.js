// Mathematics: Report.watchMath(root) renders the formulas below root when they come near the view. Formulas of models are
// hostile: KaTeX runs without trust, with limits, builds MathML by DOM calls, and a formula that it refuses stays as it is
// written.
"use strict";
(() => {
  const { $, make } = Report;
  const LONGEST = 5000; // characters of a formula
  const DEEPEST = 200; // braces and environments within each other
  const OPTIONS = { output: "mathml", throwOnError: true, strict: "ignore", trust: false, maxExpand: 1000, maxSize: 20 };
  const STEP_MS = 10;
  // A negative or enormous length would put a formula over other parts of the page.
  const FAR = /\\(?:kern|mkern|hskip|mskip|hspace|raisebox|llap|rlap|mathllap|mathrlap|smash|vphantom)\b\*?\s*\{?\s*-\s*(?:\d{2,}|[3-9])|\\(?:\\|cr)\s*\[\s*-/;
  const available = Boolean(window.katex);
  const wanted = () => available && $("math").checked;

  const depth = (source) => {
    let now = 0, most = 0;
    for (const c of source) {
      if (c === "{") most = Math.max(most, ++now);
      else if (c === "}") now--;
    }
    return Math.max(most, source.split("\\begin").length + source.split("\\left").length - 2);
  };

  const refused = (element, why) => {
    element.classList.add("refused");
    element.title = why;
  };

  // Without a font for mathematics some browsers leave subscripts on the line: x_1 would read as x1.
  let fontKnown = false;
  const checkFont = () => {
    fontKnown = true;
    const probe = make("span");
    window.katex.render("x_1", probe, OPTIONS);
    document.body.append(probe);
    const [base, below] = probe.querySelector("msub").children;
    const lowered = below.getBoundingClientRect().bottom - base.getBoundingClientRect().bottom;
    const height = base.getBoundingClientRect().height;
    probe.remove();
    document.documentElement.classList.toggle("no-math-font", lowered < 0.08 * height);
  };

  const render = (element) => {
    const { source } = element;
    if (element.rendered) return;
    element.rendered = true;
    if (!fontKnown) checkFont();
    if (source.length > LONGEST) return refused(element, `Not rendered: longer than ${LONGEST} characters.`);
    if (depth(source) > DEEPEST) return refused(element, "Not rendered: nested too deeply.");
    if (FAR.test(source)) return refused(element, "Not rendered: it would leave its place in the text.");
    const target = make("span");
    try {
      window.katex.render(source, target, { ...OPTIONS, displayMode: element.classList.contains("display") });
    } catch (error) {
      return refused(element, `Not rendered: ${String(error.message).slice(0, 300)}`); // KaTeX throws for what it cannot read
    }
    element.written = element.textContent;
    element.replaceChildren(...target.childNodes);
    if (element.classList.contains("display")) element.tabIndex = element.scrollWidth > element.clientWidth + 1 ? 0 : -1;
    if (element.tabIndex === -1) element.removeAttribute("tabindex");
  };

  const pending = new Set();
  let waiting = false;
  const work = () => {
    waiting = false;
    const end = performance.now() + STEP_MS;
    for (const element of pending) {
      if (performance.now() > end) break;
      pending.delete(element);
      if (element.isConnected && wanted()) render(element);
    }
    if (pending.size) later();
  };
  const later = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(work, 0);
  };

  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      pending.add(target);
    }
    if (pending.size) later();
  }, { rootMargin: "800px" });

  const watchMath = (root) => {
    if (wanted()) for (const element of root.querySelectorAll(".math")) if (!element.rendered) observer.observe(element);
  };

  // For print: everything that is open.
  window.addEventListener("beforeprint", () => {
    if (!wanted()) return;
    let left = 3000;
    for (const element of document.querySelectorAll("#problems .math")) if (left-- > 0 && element.checkVisibility?.() !== false) render(element);
  });

  // Without KaTeX the box could do nothing: a note instead.
  if (!available) {
    const note = make("span", "soft", "Mathematics as written: pip install sphinxcontrib-katex, then make the page again");
    $("math").checked = false;
    $("math").parentElement.hidden = true;
    $("math").parentElement.after(note);
  }

  // A short text that may be mathematics without delimiters, such as an answer.
  const formulaOrText = (text, className) => {
    const source = text.replace(/^\$+|\$+$/g, "").trim();
    const isFormula = /[\\^_]/.test(source) && source.length < 1000 && !/[$\n]/.test(source) && !/^\\text\{[^{}]*\}$/.test(source);
    const element = make("span", className);
    element.append(isFormula ? Report.mathElement({ source, display: false }, text) : text);
    return element;
  };

  Object.assign(Report, { watchMath, formulaOrText });
})();
