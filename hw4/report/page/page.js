"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // The theme: what the reader chose, else what the system prefers.
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => { try { return localStorage.getItem("hw4-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("hw4-theme", theme); } catch { /* file:// may refuse */ } };
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  const isDark = () => (root.dataset.theme || (preferred.matches ? "dark" : "light")) === "dark";

  document.addEventListener("DOMContentLoaded", () => {
    const byId = (id) => document.getElementById(id);
    const button = byId("theme");
    const label = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember(root.dataset.theme);
      label();
    });
    preferred.addEventListener("change", label);
    label();

    const form = byId("filters"), table = byId("table"), nothing = byId("nothing");
    const search = form.elements.q, title = document.title;
    const body = table && table.tBodies[0];
    const folded = (text) => text.normalize("NFKC").toLowerCase();

    // One entry a row. What is searched and sorted by is read from the document once.
    const rows = (body ? [...body.rows] : []).map((row, order) => {
      const link = row.querySelector("a"), article = byId(link.getAttribute("href").slice(1));
      const text = (selector) => (article.querySelector(selector) || { textContent: "" }).textContent;
      const [seeds, effect] = row.dataset.key.replace("inf", "Infinity").split(" ").map(Number);
      return {
        row, link, article, claim: order, seeds, effect,
        data: row.dataset.set || "", verdict: row.querySelector(".v").textContent, part: row.dataset.part || "",
        unexpected: "unexpected" in row.dataset,
        find: folded([".name", ".statement", "blockquote"].map(text).join(" ") + " " + (row.dataset.unit || "")),
      };
    });
    const articles = new Map(rows.map((entry) => [entry.article.id, entry]));
    let shown = rows, open = null, sort = "claim", descending = false;

    // ---- The filter, and the fragment that names it: #?q=relu&verdict=refuted&sort=-effect
    const fragment = () => {
      const wanted = new URLSearchParams(), values = new FormData(form);
      for (const [name, value] of values) if (value) wanted.set(name, value);
      if (sort !== "claim" || descending) wanted.set("sort", (descending ? "-" : "") + sort);
      const text = wanted.toString();
      return text ? "#?" + text : "#overview";
    };
    const restore = (text) => {
      const wanted = new URLSearchParams(text);
      form.reset();
      for (const field of ["q", "part", "data"]) form.elements[field].value = wanted.get(field) || "";
      for (const radio of form.elements.verdict) radio.checked = radio.value === (wanted.get("verdict") || "");
      for (const field of ["part", "data"]) if (form.elements[field].selectedIndex < 0) form.elements[field].value = "";
      if (!form.querySelector("[name=verdict]:checked")) form.elements.verdict[0].checked = true;
      const order = wanted.get("sort") || "claim";
      sort = order.replace(/^-/, "");
      if (!["claim", "data", "verdict", "seeds", "effect"].includes(sort)) sort = "claim";
      descending = order.startsWith("-");
    };
    const filter = () => {
      const verdict = form.elements.verdict.value, part = form.elements.part.value;
      const data = form.elements.data.value, sought = folded(search.value).split(/\s+/).filter(Boolean);
      shown = [];
      for (const entry of rows) {
        const fits = (!verdict || (verdict === "unexpected" ? entry.unexpected : entry.verdict === verdict))
          && (!part || entry.part === part)
          && (!data || (data === "none" ? !entry.data : entry.data === data))
          && sought.every((word) => entry.find.includes(word));
        if (fits) shown.push(entry);
        if (entry.row.hidden === fits) entry.row.hidden = !fits;
      }
      byId("count").textContent = `${shown.length} of ${rows.length} claims`;
      if (nothing) nothing.hidden = shown.length > 0;
      if (table) table.hidden = shown.length === 0;
    };
    const compare = (a, b) => {
      const x = a[sort], y = b[sort], sign = descending ? -1 : 1;
      if (x !== x || y !== y) return (x !== x) - (y !== y) || a.claim - b.claim; // no effect: last
      if (x === "" || y === "") return (x === "") - (y === "") || a.claim - b.claim;
      return (x < y ? -sign : x > y ? sign : 0) || a.claim - b.claim;
    };
    const arrange = () => {
      const before = rows.map((entry) => entry.claim).join();
      rows.sort(compare);
      if (body && rows.map((entry) => entry.claim).join() !== before) body.append(...rows.map((entry) => entry.row));
      for (const head of document.querySelectorAll("[data-sort]")) {
        const cell = head.parentElement;
        if (head.dataset.sort === sort) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      }
    };
    const update = (push) => {
      filter();
      history[push ? "pushState" : "replaceState"](null, "", fragment());
    };

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => update(event.target !== search));
    const clear = () => { form.reset(); update(true); };
    byId("clear").addEventListener("click", clear);
    if (nothing) byId("reset").addEventListener("click", () => { clear(); search.focus(); });
    for (const head of document.querySelectorAll("[data-sort]")) {
      head.addEventListener("click", () => {
        descending = head.dataset.sort === sort && !descending;
        sort = head.dataset.sort;
        arrange();
        update(true);
      });
    }

    // ---- One claim at a time
    const lend = (article) => { // the picture of all instances is in the document once
      const slot = article.querySelector("[data-family]"), home = slot && byId(slot.dataset.family);
      if (home && home.firstElementChild) slot.append(home.firstElementChild);
    };
    const giveBack = (article) => {
      const slot = article.querySelector("[data-family]"), figure = slot && slot.querySelector("figure");
      if (figure) byId(slot.dataset.family).append(figure);
    };
    const step = (id, entry) => {
      const link = byId(id);
      if (entry) link.href = "#" + entry.article.id; else link.removeAttribute("href");
    };
    const close = () => {
      if (!open) return null;
      const closed = open;
      open.article.classList.remove("open");
      giveBack(open.article);
      open = null;
      return closed;
    };
    const show = (entry) => {
      close();
      open = entry;
      root.dataset.view = "claim";
      entry.article.classList.add("open");
      lend(entry.article);
      const among = shown.includes(entry) ? shown : rows, at = among.indexOf(entry);
      step("previous", among[at - 1]);
      step("next", among[at + 1]);
      byId("place").textContent = `${at + 1} of ${among.length}`;
      byId("all").href = fragment();
      document.title = entry.article.querySelector(".name").textContent.trim() + " · hw4";
      begin();
    };
    const begin = () => { // a reader, and a screen reader, starts at the claim's heading
      if (!open) return;
      scrollTo({ top: 0, behavior: "instant" });
      open.article.querySelector("h2").focus({ preventScroll: true });
    };
    const overview = () => {
      const closed = close();
      delete root.dataset.view;
      document.title = title;
      return closed;
    };
    const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
    const route = () => {
      const hash = location.hash.slice(1);
      const entry = articles.get(hash) || articles.get(decoded(hash));
      if (entry) return show(entry);
      const closed = overview();
      if (hash.startsWith("?") || !hash || hash === "overview") { restore(hash.startsWith("?") ? hash.slice(1) : ""); arrange(); filter(); }
      const target = hash && !hash.startsWith("?") && hash !== "overview" && byId(decoded(hash));
      if (target) target.scrollIntoView();
      else if (closed && !closed.row.hidden) closed.link.focus();
      return undefined;
    };
    const leave = () => { history.pushState(null, "", fragment()); route(); };
    addEventListener("hashchange", route);
    route();
    addEventListener("load", begin); // by then a browser has gone to the fragment itself

    // ---- The keyboard: / searches, Esc clears the filter or leaves the claim
    addEventListener("keydown", (event) => {
      const typing = event.target.closest && event.target.closest("input:not([type=radio]), textarea, select");
      if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
      if (event.key === "/" && !typing) {
        event.preventDefault();
        if (open) leave();
        search.focus();
      } else if (event.key === "Escape") {
        if (open) leave();
        else if (fragment() !== "#overview") clear();
      }
    });

    for (const copy of document.querySelectorAll(".copy")) copy.hidden = false;
    document.addEventListener("click", async (event) => {
      const copy = event.target.closest(".copy");
      if (!copy) return;
      const code = copy.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code); // refused: Ctrl-C does it
        copy.textContent = "Selected";
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    });
  });
})();
