// node scripts/refresh-user-agents.mjs [FOLDER]: make tests/corpus/user-agents.tsv, how browsers upgrade themselves.
//
// Source: the npm package `user-agents` (Intoli, BSD-2-Clause), which samples the visitors of real sites every day;
// the newest used here came out on 2026-09-29. A snapshot does not say when it was taken, and mirrors say when it
// reached them; so its month is the one in which the newest Chrome that is common in it came out, by
// `@mdn/browser-compat-data` (CC0-1.0). Packages are kept in FOLDER, or in a temporary one.
//
// A device is a kind, not one person's: what the package says beside the user agent (vendor, platform, category) and the
// words its browser is known by, never the code that the file tests. Each month it runs the newest version that a tenth
// of its kind runs, and never an older one than the month before. A month without an upgrade has no row.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const MDN = "8.1.9";
const SNAPSHOTS = {
  "1.0": [
    1185, 1200, 1218, 1236, 1250, 1264, 1278, 1292, 1306, 1320, 1338, 1353, 1367, 1382, 1397, 1412,
  ],
  "1.1": [
    0, 20, 34, 48, 78, 106, 120, 134, 148, 164, 179, 194, 208, 224, 240, 270, 284, 300, 321, 335, 351, 365, 396, 434, 448,
    464, 478, 493, 512, 526, 540, 554, 568, 582, 610, 630, 649, 664,
  ],
  "2.1": [1, 12, 25, 37, 51, 60, 75, 88, 100, 124, 136, 144, 153, 171, 180, 188, 198],
};

// Where they keep the data: older ones, newer ones.
const DATA = ["package/src/user-agents.json.gz", "package/dist/user-agents.json"];

const [GOOGLE, APPLE, MOZILLA] = ["Google Inc.", "Apple Computer, Inc.", ""];
const [WINDOWS, MACOS, LINUX, ANDROID] = [/^Win32$/, /^MacIntel$/, /^Linux x86_64$/, /^Linux a/];
const [IPHONE, IPAD] = [/^iPhone$/, /^iPad$/];
// Group, vendor, platform, category, what the text looks like; its first parenthesis is the version.
const GROUPS = [
  ["chrome-windows", GOOGLE, WINDOWS, "desktop", /Windows NT.* like Gecko\) Chrome\/([\d.]+) Safari\/[\d.]+$/],
  ["chrome-macos", GOOGLE, MACOS, "desktop", /Macintosh.* like Gecko\) Chrome\/([\d.]+) Safari\/[\d.]+$/],
  ["chrome-linux", GOOGLE, LINUX, "desktop", /X11; .*Linux.* like Gecko\) Chrome\/([\d.]+) Safari\/[\d.]+$/],
  ["chrome-chromeos", GOOGLE, LINUX, "desktop", /X11; CrOS.* like Gecko\) Chrome\/([\d.]+) Safari\/[\d.]+$/],
  ["chrome-android", GOOGLE, ANDROID, "mobile", /Android.* like Gecko\) Chrome\/([\d.]+) Mobile Safari\/[\d.]+$/],
  ["chrome-android-tablet", GOOGLE, ANDROID, "tablet", /Android.* like Gecko\) Chrome\/([\d.]+) Safari\/[\d.]+$/],
  ["chrome-iphone", APPLE, IPHONE, "mobile", /iPhone.* CriOS\/([\d.]+)/],
  ["chrome-ipad", APPLE, IPAD, "tablet", /iPad.* CriOS\/([\d.]+)/],
  ["webview-android", GOOGLE, ANDROID, "mobile", /; wv\).* Version\/4\.0 Chrome\/([\d.]+) Mobile Safari\/[\d.]+$/],
  ["samsung-android", GOOGLE, ANDROID, "mobile", /Android.* SamsungBrowser\/([\d.]+) Chrome\/[\d.]+ Mobile /],
  ["edge-windows", GOOGLE, WINDOWS, "desktop", /Windows NT.* Edg\/([\d.]+)$/],
  ["edge-macos", GOOGLE, MACOS, "desktop", /Macintosh.* Edg\/([\d.]+)$/],
  ["edge-android", GOOGLE, ANDROID, "mobile", /Android.* EdgA\/([\d.]+)$/],
  ["edge-iphone", APPLE, IPHONE, "mobile", /iPhone.* EdgiOS\/([\d.]+)/],
  ["opera-windows", GOOGLE, WINDOWS, "desktop", /Windows NT.* OPR\/([\d.]+)/],
  ["opera-macos", GOOGLE, MACOS, "desktop", /Macintosh.* OPR\/([\d.]+)/],
  ["opera-android", GOOGLE, ANDROID, "mobile", /Android.* Mobile Safari\/[\d.]+ OPR\/([\d.]+)/],
  ["opera-iphone", APPLE, IPHONE, "mobile", /iPhone.* OPT\/([\d.]+)/],
  ["yandex-windows", GOOGLE, WINDOWS, "desktop", /Windows NT.* YaBrowser\/([\d.]+)/],
  ["safari-iphone", APPLE, IPHONE, "mobile", /iPhone.* Version\/([\d.]+) Mobile\/\w+ Safari\/[\d.]+$/],
  ["safari-ipad", APPLE, IPAD, "tablet", /iPad.* Version\/([\d.]+) Mobile\/\w+ Safari\/[\d.]+$/],
  ["safari-macos", APPLE, MACOS, "desktop", /Macintosh.* Version\/([\d.]+) Safari\/[\d.]+$/],
  ["google-iphone", APPLE, IPHONE, "mobile", /iPhone.* GSA\/([\d.]+)/],
  ["google-ipad", APPLE, IPAD, "tablet", /iPad.* GSA\/([\d.]+)/],
  ["duckduckgo-macos", APPLE, MACOS, "desktop", /Macintosh.* Version\/([\d.]+) .*(?:DuckDuckGo|Ddg)\//],
  ["firefox-windows", MOZILLA, WINDOWS, "desktop", /Windows NT.* Firefox\/([\d.]+)$/],
  ["firefox-macos", MOZILLA, MACOS, "desktop", /Macintosh.* Firefox\/([\d.]+)$/],
  ["firefox-linux", MOZILLA, LINUX, "desktop", /Linux.* Firefox\/([\d.]+)$/],
  ["firefox-android", MOZILLA, ANDROID, "mobile", /Android.* Firefox\/([\d.]+)$/],
  ["firefox-iphone", APPLE, IPHONE, "mobile", /iPhone.* FxiOS\/([\d.]+)/],
];

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "user-agents-"));
function unpack(name, version, ...paths) {
  const archive = `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`;
  if (!existsSync(join(folder, archive))) execFileSync("npm", ["pack", "--silent", `${name}@${version}`], { cwd: folder });
  const list = execFileSync("tar", ["tzf", archive], { cwd: folder, encoding: "utf8" }).split("\n");
  const path = paths.find((path) => list.includes(path));
  const bytes = execFileSync("tar", ["xzOf", archive, path], { cwd: folder, maxBuffer: 1 << 28 });
  return JSON.parse(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

const { releases } = unpack("@mdn/browser-compat-data", MDN, "package/data.json").browsers.chrome;
function monthOf(records) {
  const weights = {};
  let total = 0;
  for (const { vendor, platform, userAgent, weight } of records) {
    const [, major] = userAgent.match(/ like Gecko\) Chrome\/(\d+)[\d.]* Safari\/[\d.]+$/) ?? [];
    if (vendor !== GOOGLE || !(WINDOWS.test(platform) || MACOS.test(platform)) || !releases[major]) continue;
    weights[major] = (weights[major] ?? 0) + weight;
    total += weight;
  }
  const common = Object.keys(weights).filter((major) => weights[major] >= total / 20);
  return releases[Math.max(...common)].release_date.slice(0, 7);
}

// group → month → user agent → weight
const seen = Object.fromEntries(GROUPS.map(([group]) => [group, {}]));
for (const [line, patches] of Object.entries(SNAPSHOTS)) {
  for (const patch of patches) {
    const records = unpack("user-agents", `${line}.${patch}`, ...DATA);
    const month = monthOf(records);
    for (const { vendor, platform, deviceCategory, userAgent, weight } of records) {
      const group = GROUPS.find(
        ([, by, on, category, shape]) =>
          by === (vendor ?? "") && on.test(platform) && category === deviceCategory && shape.test(userAgent),
      )?.[0];
      if (!group || !/^Mozilla\/5\.0 \([ -~]{1,250}$/.test(userAgent)) continue;
      const agents = (seen[group][month] ??= {});
      agents[userAgent] = (agents[userAgent] ?? 0) + weight;
    }
  }
}

const order = (a, b) => a.map((n, i) => n - (b[i] ?? 0)).find((d) => d) ?? 0;
const rows = [];
for (const [group, , , , shape] of GROUPS) {
  const version = (agent) => agent.match(shape)[1].split(".").map(Number);
  let runs;
  for (const [month, agents] of Object.entries(seen[group]).sort()) {
    const total = Object.values(agents).reduce((sum, weight) => sum + weight, 0);
    const candidates = Object.keys(agents).filter(
      (agent) => agents[agent] >= total / 10 && (!runs || order(version(agent), version(runs)) >= 0),
    );
    const next = candidates.sort((a, b) => order(version(b), version(a)) || agents[b] - agents[a] || (a < b ? -1 : 1))[0];
    if (!next || next === runs) continue;
    runs = next;
    rows.push([group, month, next].join("\t"));
  }
}

const licence = execFileSync("tar", ["xzOf", "user-agents-1.1.664.tgz", "package/LICENSE"], { cwd: folder, encoding: "utf8" });
const months = rows.map((row) => row.split("\t")[1]).sort();
writeFileSync(
  join(import.meta.dirname, "../tests/corpus/user-agents.tsv"),
  `# device<TAB>month<TAB>user agent: ${rows.length} rows, ${GROUPS.length} devices, ${months[0]} to ${months.at(-1)};
# made by scripts/refresh-user-agents.mjs, which says how. A device is one of its kind, not one person's.
#
# The user agents are taken from the npm package user-agents, under the licence below; the months from
# @mdn/browser-compat-data ${MDN} (CC0-1.0).
#
${licence.trim().replace(/^/gm, "# ").replace(/ +$/gm, "")}
#
${rows.join("\n")}\n`,
);
