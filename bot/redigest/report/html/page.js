
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const STEP = 50; // rows that are in the page at first and that are added at a time, in a part that is laid out only while it can be seen
  const SHORT = 12;
  const KEYS = ["registry", "group", "evidence", "reason"];

  const form = document.getElementById("filters");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const [table, query, order, hits, more, some] = ["rows", "query", "order", "hits", "more", "some"].map(byId);
  const boxes = [...form.elements.namedItem("fate") instanceof RadioNodeList ? form.elements.namedItem("fate") : [form.elements.namedItem("fate")]];

  const number = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

  const rows = [...table.tBodies[0].rows].map((row, index) => ({
    row,
    index,
    text: row.textContent.toLowerCase(),
    name: row.cells[0].textContent,
    places: Number(row.dataset.places),
    fate: row.dataset.fate,
    ...Object.fromEntries(KEYS.map((key) => [key, row.dataset[key].split(" ")])),
    isReady: false,
  }));
  const ORDERS = {
    "": (one, other) => one.index - other.index,
    name: (one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : one.index - other.index),
    places: (one, other) => other.places - one.places || one.index - other.index,
  };
  let found = rows;
  let shown = 0;

  /** Make the digests of a row short, with the whole digest on focus and when it is copied. */
  const ready = (each) => {
    if (each.isReady) return each.row;
    each.isReady = true;
    for (const code of each.row.querySelectorAll("code.digest")) {
      const full = code.textContent;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "digest";
      button.dataset.digest = full;
      button.title = `${full}\nClick to copy`;
      const brief = document.createElement("span");
      brief.className = "brief";
      brief.textContent = full.replace(/^sha256:/, "").slice(0, SHORT);
      const whole = document.createElement("span");
      whole.className = "whole";
      whole.textContent = full;
      whole.setAttribute("aria-hidden", "true");
      const word = document.createElement("span");
      word.className = "unseen";
      word.textContent = " copy digest";
      button.append(brief, whole, word);
      code.replaceWith(button);
    }
    return each.row;
  };

  const show = () => {
    const part = document.createElement("tbody");
    part.setAttribute("role", "rowgroup");
    part.append(...found.slice(shown, shown + STEP).map(ready));
    table.append(part);
    shown = Math.min(shown + STEP, found.length);
    more.hidden = shown === found.length;
    some.textContent = `Show ${number(Math.min(STEP, found.length - shown))} more of ${number(found.length - shown)}`;
  };

  /** Show the rest, a part in each frame: the page goes on answering meanwhile. */
  let frame = 0;
  const showRest = () => {
    show();
    if (shown < found.length) frame = requestAnimationFrame(showRest);
  };

  const apply = () => {
    cancelAnimationFrame(frame);
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fates = boxes.filter((box) => box.checked).map((box) => box.value);
    const wanted = KEYS.map((key) => [key, form.elements.namedItem(key)?.value ?? ""]).filter(([, value]) => value);
    found = rows
      .filter((each) => (!fates.length || fates.includes(each.fate)) && wanted.every(([key, value]) => each[key].includes(value)))
      .filter((each) => words.every((word) => each.text.includes(word)))
      .sort(ORDERS[order.value]);
    [...table.tBodies].forEach((part) => part.remove());
    shown = 0;
    show();
    const places = found.reduce((sum, each) => sum + each.places, 0);
    const all = found.length === rows.length ? "" : ` of ${number(rows.length)}`;
    hits.textContent = found.length ? `${plural(found.length, "image")}${all} in ${plural(places, "place")}` : `No image of ${number(rows.length)} fits`;
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.digest);
      byId("copied").textContent = `Copied ${button.dataset.digest}`;
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1500);
    } catch {
      getSelection().selectAllChildren(button.querySelector(".whole")); // the clipboard is closed to the page: it can be copied by hand
    }
  };

  const clear = () => {
    form.reset();
    apply();
  };

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", clear);
  query.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && query.value) {
      event.preventDefault();
      query.value = "";
      apply();
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-filter]");
    if (link) {
      form.reset();
      if (link.dataset.filter === "fate") boxes.filter((box) => box.value === link.dataset.value).forEach((box) => (box.checked = true));
      else form.elements.namedItem(link.dataset.filter).value = link.dataset.value;
      apply();
    }
    const digest = event.target.closest("button.digest");
    if (digest) copy(digest);
  });
  some.addEventListener("click", () => {
    const next = found[shown]?.row;
    show();
    next?.querySelector("button, summary, a")?.focus();
  });
  byId("all").addEventListener("click", showRest);

  // On paper stands every image that fits the filters, with everything that can be opened.
  let opened = [];
  const expand = () => {
    cancelAnimationFrame(frame);
    while (shown < found.length) show();
    opened = [...opened, ...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => (each.open = true));
  };
  const collapse = () => {
    opened.forEach((each) => (each.open = false));
    opened = [];
  };
  addEventListener("beforeprint", expand);
  addEventListener("afterprint", collapse);
  matchMedia("print").addEventListener("change", (event) => (event.matches ? expand() : collapse()));

  form.hidden = false;
  apply();
  document.documentElement.classList.add("ready");
});
