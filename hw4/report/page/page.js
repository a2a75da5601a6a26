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

    const numbered = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
    const form = byId("filters"), table = byId("table"), nothing = byId("nothing");
    const search = form.elements.q, title = document.title;
    const body = table && table.tBodies[0];
    const folded = (text) => text.normalize("NFKC").toLowerCase();

    // One entry a row, which is a claim, with one for each instance. What is searched and sorted by
    // is read from the table once.
    const instance = (home, link, mark) => {
      const name = link === home.main ? "" : ` [${link.textContent}]`;
      return {
        home, link, mark, article: byId(link.getAttribute("href").slice(1)), fits: true, drawn: true, data: link.dataset.set || "",
        verdict: link.dataset.verdict, part: link.dataset.part || "", unexpected: "unexpected" in link.dataset,
        find: folded(home.name + name + " " + (link.dataset.find || home.main.dataset.find)),
      };
    };
    const rows = (body ? [...body.rows] : []).map((row, order) => {
      const [seeds, effect] = row.dataset.key.replace("inf", "Infinity").split(" ").map(Number);
      const entry = { row, main: row.querySelector("a"), fold: row.querySelector("details"), claim: order, seeds, effect, answer: row.dataset.answer };
      entry.name = row.querySelector("td > small").textContent;
      const links = row.querySelectorAll("li a"), marks = row.querySelectorAll("summary i");
      entry.verdict = ["right", "wrong", "depends", "open"].indexOf(entry.answer);
      entry.instances = [...(links.length ? links : [entry.main])].map((link, n) => instance(entry, link, marks[n]));
      return entry;
    });
    const all = rows.flatMap((entry) => entry.instances);
    const articles = new Map(all.map((entry) => [entry.article.id, entry]));
    let shown = all, open = null, sort = "claim", descending = false;

    // ---- The document: a sentence opens the claims behind it, one sentence a paragraph
    let left = null; // the link that the reader followed from there
    const answers = [...document.querySelectorAll("#document button.answer")];
    const behind = (answer) => byId(answer.getAttribute("aria-controls"));
    const unfold = (answer, wanted) => {
      answer.setAttribute("aria-expanded", wanted);
      behind(answer).hidden = !wanted;
    };
    const choose = (answer) => {
      const wanted = behind(answer).hidden;
      for (const other of answers) if (behind(other).parentElement === behind(answer).parentElement) unfold(other, false);
      unfold(answer, wanted);
    };
    const reach = (answer) => { // of a sentence that a link names
      if (behind(answer).hidden) choose(answer);
      answer.scrollIntoView({ block: "center" });
      answer.focus({ preventScroll: true });
    };
    for (const answer of answers) unfold(answer, false);
    const text = byId("document");
    if (text) text.addEventListener("click", (event) => {
      const said = event.target.closest(".said");
      left = event.target.closest(".behind a") || left;
      if (event.target.closest(".document a") || String(getSelection())) return; // a link, or words being marked
      const answer = event.target.closest("button.answer") || (said && said.nextElementSibling);
      if (answer && answer.matches("button.answer")) choose(answer);
    });
    const fold = (element) => { // close what the keyboard is in; return whether that was open
      const panel = element.closest && element.closest(".behind");
      const answer = answers.find((each) => (panel ? behind(each) === panel : each === element));
      if (!answer || behind(answer).hidden) return false;
      unfold(answer, false);
      answer.focus();
      return true;
    };

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
      for (const field of ["q", "verdict", "part", "data"]) form.elements[field].value = wanted.get(field) || "";
      const answers = form.querySelectorAll("[name=answer]"); // in a ledger without claims only one
      for (const radio of answers) radio.checked = radio.value === (wanted.get("answer") || "");
      for (const field of ["verdict", "part", "data"]) if (form.elements[field].selectedIndex < 0) form.elements[field].value = "";
      if (!form.querySelector("[name=answer]:checked")) answers[0].checked = true;
      const order = wanted.get("sort") || "claim";
      sort = order.replace(/^-/, "");
      if (!["claim", "verdict", "seeds", "effect"].includes(sort)) sort = "claim";
      descending = order.startsWith("-");
    };
    const mark = (entry) => { // a row that is to be seen; a hidden one is left as it is
      const address = "#" + entry.first.article.id;
      if (entry.main.getAttribute("href") !== address) entry.main.href = address;
      for (const each of entry.fold ? entry.instances : []) {
        if (each.drawn === each.fits) continue;
        each.drawn = each.fits;
        each.link.parentElement.hidden = !each.fits;
        each.mark.classList.toggle("out", !each.fits);
      }
    };
    // A browser lays out a thousand rows for longer than a reader waits. Those that fill a window are
    // drawn at once, the others frame by frame.
    const AT_ONCE = 40, A_FRAME = 100;
    let undrawn = rows.length; // the first row that is not yet as the filter has it
    const drawRows = (count) => {
      for (let left = count; undrawn < rows.length && left > 0; undrawn += 1) {
        const entry = rows[undrawn];
        if (entry.first) { mark(entry); left -= 1; }
        if (entry.row.hidden === Boolean(entry.first)) entry.row.hidden = !entry.first;
      }
    };
    const drawLater = (asked) => requestAnimationFrame(() => setTimeout(() => {
      if (asked !== shown || undrawn === rows.length) return; // the reader has typed on
      drawRows(A_FRAME);
      drawLater(asked);
    }));
    const drawRest = () => drawRows(rows.length);
    const filter = () => {
      const answer = form.elements.answer.value, verdict = form.elements.verdict.value, part = form.elements.part.value;
      const data = form.elements.data.value, sought = folded(search.value).split(/\s+/).filter(Boolean);
      let claims = 0;
      shown = [];
      for (const entry of rows) {
        entry.first = null;
        for (const each of entry.instances) {
          const fits = (!answer || entry.answer === answer)
            && (!verdict || (verdict === "unexpected" ? each.unexpected : each.verdict === verdict))
            && (!part || each.part === part)
            && (!data || (data === "none" ? !each.data : each.data === data))
            && sought.every((word) => each.find.includes(word));
          if (fits) { shown.push(each); entry.first = entry.first || each; }
          each.fits = fits;
        }
        if (entry.first) claims += 1;
      }
      undrawn = 0;
      drawRows(AT_ONCE);
      drawLater(shown);
      byId("count").textContent = `${claims} of ${numbered(rows.length, "claim")}, ${shown.length} of ${numbered(all.length, "instance")}`;
      if (nothing) nothing.hidden = claims > 0;
      if (table) table.tHead.hidden = claims === 0; // all of the table would take a browser longer
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

    // ---- An article is text until it is looked at. Its details may be deflated, as those of another.
    const bytes = ({ dataset, textContent }) => {
      if (!dataset.like) return new TextEncoder().encode(textContent);
      const other = byId(dataset.like).querySelector(".details");
      return hw4Inflate(Uint8Array.from(atob(textContent), (character) => character.charCodeAt(0)), bytes(other).slice(-32768));
    };
    const draw = (article) => {
      if (article.drawn) return;
      article.drawn = true;
      for (const part of article.querySelectorAll(".part")) {
        const markup = part.dataset.like ? new TextDecoder().decode(bytes(part)) : part.textContent;
        part.insertAdjacentHTML("beforebegin", markup);
      }
    };
    const drawAll = () => { drawRest(); if (!open) for (const entry of all) draw(entry.article); };
    addEventListener("beforeprint", drawAll);
    matchMedia("print").addEventListener("change", drawAll);

    // ---- One claim at a time
    const lend = (article) => { // the picture of all instances is in the document once
      const slot = article.querySelector("[data-family]"), home = slot && byId(slot.dataset.family);
      if (home && home.firstElementChild) slot.append(home.firstElementChild);
    };
    const giveBack = (article) => {
      const slot = article.querySelector("[data-family]"), figure = slot && slot.querySelector("figure");
      if (figure) byId(slot.dataset.family).append(figure);
    };
    const explain = (article) => { // instances with one explanation have it once
      const slot = article.querySelector("[data-as]");
      if (!slot) return;
      draw(byId(slot.dataset.as));
      slot.replaceWith(byId(slot.dataset.as).querySelector(".why").cloneNode(true));
    };
    const list = (entry) => { // all instances, as the table has them
      const slot = entry.article.querySelector("[data-kin]");
      if (!slot) return;
      const kin = entry.home.fold.querySelector("ul").cloneNode(true);
      for (const item of kin.children) item.hidden = false;
      kin.children[entry.home.instances.indexOf(entry)].setAttribute("aria-current", "true");
      slot.replaceChildren(kin);
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
      draw(entry.article);
      lend(entry.article);
      explain(entry.article);
      list(entry);
      hw4Margin.build(entry.article.querySelector("section.margin"));
      const among = shown.includes(entry) ? shown : all, at = among.indexOf(entry);
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
      drawRest(); // a browser goes back to where the reader was
      const target = hash && !hash.startsWith("?") && hash !== "overview" && byId(decoded(hash));
      const answer = target && target.matches(".said:not(.uncovered)") && target.nextElementSibling;
      if (answer) reach(answer);
      else if (target) target.scrollIntoView();
      else if (closed && left) left.focus();
      else if (closed && closed.fits) {
        const { main, fold } = closed.home;
        (fold && fold.open ? closed.link : main).focus();
      }
      left = null;
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
        else if (fold(event.target)) return;
        else if (fragment() !== "#overview") clear();
      }
    });

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
