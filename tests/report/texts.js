// What is wrong with the texts of each picture of a page, as [fault, picture, words]; see test_pictures.py.
// Letters take about the middle three quarters of their box's height.
() => {
  document.documentElement.classList.remove("js");
  for (const each of document.querySelectorAll("#pictures, #table tbody tr")) each.style.contentVisibility = "visible";
  for (const each of document.querySelectorAll("article")) each.style.display = "block";
  dispatchEvent(new Event("beforeprint"));
  const found = [], told = (fault, svg, ...words) => found.push([fault, svg.querySelector("title").textContent, ...words]);
  let texts = 0;
  const inside = ({ x, y }, box) => x > box.left + .5 && x < box.right - .5 && y > box.top + 1 && y < box.bottom - .5;
  const along = (path) => {
    const length = path.getTotalLength(), dots = [...path.getAttribute("d").matchAll(/M(-?[\d.]+) ?(-?[\d.]+)/g)];
    const steps = Math.min(400, Math.ceil(length / 3));
    return [...dots.map(([, x, y]) => ({ x: +x, y: +y })), ...Array.from({ length: length ? steps : 0 }, (_, n) => path.getPointAtLength(length * n / steps))];
  };
  for (const svg of document.querySelectorAll("svg.plot")) {
    for (const use of [...svg.querySelectorAll("use")]) use.replaceWith(document.querySelector(use.getAttribute("href")).cloneNode(true));
    const { width, height } = svg.viewBox.baseVal;
    const boxes = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => {
      const { x, y, width, height } = text.getBBox();
      return { left: x, right: x + width, top: y + .18 * height, bottom: y + .9 * height, words: text.textContent };
    });
    texts += boxes.length;
    boxes.forEach((one, n) => {
      if (one.left < -.6 || one.top < -.6 || one.right > width + .6 || one.bottom > height + .6) told("outside", svg, one.words);
      for (const other of boxes.slice(0, n)) {
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (wide > .5 && high > .5) told("covers", svg, one.words, other.words);
      }
    });
    for (const path of svg.querySelectorAll(".zero, .margin, .line, .ring, .interval, .shown, .unshown, .point, .round")) {
      if (path.tagName !== "path") continue;
      const points = along(path);
      for (const box of boxes) if (points.some((point) => inside(point, box))) told("crossed", svg, box.words);
    }
  }
  return [texts, found];
}
