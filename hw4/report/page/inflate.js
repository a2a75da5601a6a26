"use strict";
// What zlib's raw deflate made, by RFC 1951. Unlike DecompressionStream it answers at once: a page
// that is about to be printed does not wait.
const hw4Inflate = (() => {
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const steps = (first, extras) => { // the least value of each code, with its number of extra bits
    let least = first;
    return extras.map((extra) => { least += 1 << extra; return [least - (1 << extra), extra]; });
  };
  const LENGTHS = steps(3, Array.from({ length: 28 }, (_, n) => Math.max(0, (n >> 2) - 1)));
  LENGTHS.push([258, 0]);
  const DISTANCES = steps(1, Array.from({ length: 30 }, (_, n) => Math.max(0, (n >> 1) - 1)));

  // The symbol and the length of a code, by the next bits of the source.
  const table = (lengths) => {
    const most = Math.max(1, ...lengths), found = new Uint16Array(1 << most);
    let code = 0;
    for (let length = 1; length <= most; length += 1, code <<= 1) {
      lengths.forEach((each, symbol) => {
        if (each !== length) return;
        let at = 0;
        for (let bit = 0; bit < length; bit += 1) at |= ((code >> bit) & 1) << (length - 1 - bit);
        for (; at < found.length; at += 1 << length) found[at] = (symbol << 4) | length;
        code += 1;
      });
    }
    return { found, most };
  };
  const fixed = () => [
    table(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8))),
    table(new Array(30).fill(5)),
  ];

  return (source, before) => {
    let out = new Uint8Array(before.length + 8 * source.length), size = before.length;
    let at = 0, held = 0, bits = 0;
    out.set(before);
    const fill = (count) => { for (; bits < count; bits += 8) held |= source[at++] << bits; };
    const drop = (count) => { held >>>= count; bits -= count; };
    const take = (count) => { fill(count); const value = held & ((1 << count) - 1); drop(count); return value; };
    const symbol = ({ found, most }) => { fill(most); const value = found[held & ((1 << most) - 1)]; drop(value & 15); return value >> 4; };
    const put = (byte) => {
      if (size === out.length) { const more = new Uint8Array(2 * size + 64); more.set(out); out = more; }
      out[size++] = byte;
    };
    const tables = () => {
      const literals = take(5) + 257, distances = take(5) + 1, count = take(4) + 4, lengths = new Array(19).fill(0), all = [];
      for (const place of ORDER.slice(0, count)) lengths[place] = take(3);
      const codes = table(lengths);
      while (all.length < literals + distances) {
        const code = symbol(codes);
        if (code < 16) all.push(code);
        else if (code === 16) { const last = all[all.length - 1]; for (let n = take(2) + 3; n > 0; n -= 1) all.push(last); }
        else for (let n = code === 17 ? take(3) + 3 : take(7) + 11; n > 0; n -= 1) all.push(0);
      }
      return [table(all.slice(0, literals)), table(all.slice(literals))];
    };
    const coded = ([literals, distances]) => {
      for (let code = symbol(literals); code !== 256; code = symbol(literals)) {
        if (code < 256) { put(code); continue; }
        const [least, extra] = LENGTHS[code - 257], length = least + take(extra);
        const [nearest, more] = DISTANCES[symbol(distances)], back = nearest + take(more);
        for (let n = 0; n < length; n += 1) put(out[size - back]);
      }
    };
    const stored = () => { take(bits & 7); const length = take(16); take(16); for (let n = 0; n < length; n += 1) put(take(8)); };
    for (let last = 0; !last;) {
      last = take(1);
      const kind = take(2);
      if (kind === 0) stored(); else coded(kind === 1 ? fixed() : tables());
    }
    return out.subarray(before.length, size);
  };
})();
