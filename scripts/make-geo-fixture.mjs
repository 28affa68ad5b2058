// node scripts/make-geo-fixture.mjs: make tests/corpus/geo/{city,country,asn}.mmdb and flat-city.mmdb, a small invented world.
//
// The addresses and the names of organisations look real, so that prefixes and the rule for hosting are tried on what they
// will meet; who has them in the world, and where, means nothing here. Each lies in a /16 of its own, but for the two of
// Telenor's that differ in the /24 only.
//
//   network              country  city                            AS     organisation                       hosting
//   84.208.20.0/24       NO       Oslo            59.9127,10.7461    2119  Telenor Norge AS                   no
//   84.208.21.0/24       NO       Oslo            59.9127,10.7461    2119  Telenor Norge AS                   no
//   77.18.40.0/24        NO       Oslo            59.9127,10.7461    2119  Telenor Norge AS                   no
//   92.220.30.0/24       NO       Bergen           60.393,5.3242    29695  Altibox AS                         no
//   73.10.20.0/24        US       New York        40.7128,-74.006    7922  Comcast Cable Communications, LLC  no
//   99.40.50.0/24        US       San Francisco 37.7749,-122.4194    7018  AT&T Enterprises, LLC              no
//   90.60.10.0/24        FR       Paris            48.8566,2.3522    3215  Orange S.A.                        no
//   95.24.30.0/24        RU       Moscow          55.7558,37.6173   12389  PJSC Rostelecom                    no
//   144.120.10.0/24      FJ       Suva          -18.1416,178.4419    4638  Telecom Fiji Limited               no
//   1.120.10.0/24        AU       has no point of its own            1221  Telstra Limited                    no
//   88.198.10.0/24       DE       Frankfurt        50.1109,8.6821   24940  Hetzner Online GmbH                yes
//   185.240.30.0/24      NL       Amsterdam        52.3676,4.9041    9009  M247 Europe SRL                    yes
//   13.250.10.0/24       SG       Singapore       1.3521,103.8198   16509  Amazon.com, Inc.                   yes
//   198.18.5.0/24        none     Paris's point, without country     none
//   198.18.6.0/24        ZZ       0,0: no place at all                  0  Not routed                         no
//   198.19.0.0/24        none     not in the data                   64496  Example Networks                   no
//   100.64.0.0/24        NO       Oslo            59.9127,10.7461    none
//   2001:db8:2::/48      NO       Oslo            59.9127,10.7461    2119  Telenor Norge AS                   no
//   2001:db8:51::/48     US       New York        40.7128,-74.006    7922  Comcast Cable Communications, LLC  no
//   2001:db8:113::/48    DE       Frankfurt        50.1109,8.6821   24940  Hetzner Online GmbH                yes
//   2001:db8:3:4::/65    SG       Singapore       1.3521,103.8198    none, and speaks for its whole /64
//   everything else      unknown
//
// A city's radius is 20 km in `city`; `flat-city` has none, so 50 km. `country` has no points: a country's own is taken.
// `city` and `country` have MaxMind's layout, `flat-city` that of ip-location-db; `asn` has the one that both use.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { address, write } from "./mmdb.mjs";

const OSLO = ["NO", 59.9127, 10.7461];
const NEW_YORK = ["US", 40.7128, -74.006];
const FRANKFURT = ["DE", 50.1109, 8.6821];
const PARIS = ["FR", 48.8566, 2.3522];
const SINGAPORE = ["SG", 1.3521, 103.8198];
const TELENOR = [2119, "Telenor Norge AS"];
const COMCAST = [7922, "Comcast Cable Communications, LLC"];
const HETZNER = [24940, "Hetzner Online GmbH"];

const WORLD = [
  ["84.208.20.0", 24, OSLO, TELENOR],
  ["84.208.21.0", 24, OSLO, TELENOR],
  ["77.18.40.0", 24, OSLO, TELENOR],
  ["92.220.30.0", 24, ["NO", 60.393, 5.3242], [29695, "Altibox AS"]],
  ["73.10.20.0", 24, NEW_YORK, COMCAST],
  ["99.40.50.0", 24, ["US", 37.7749, -122.4194], [7018, "AT&T Enterprises, LLC"]],
  ["90.60.10.0", 24, PARIS, [3215, "Orange S.A."]],
  ["95.24.30.0", 24, ["RU", 55.7558, 37.6173], [12389, "PJSC Rostelecom"]],
  ["144.120.10.0", 24, ["FJ", -18.1416, 178.4419], [4638, "Telecom Fiji Limited"]],
  ["1.120.10.0", 24, ["AU"], [1221, "Telstra Limited"]],
  ["88.198.10.0", 24, FRANKFURT, HETZNER],
  ["185.240.30.0", 24, ["NL", 52.3676, 4.9041], [9009, "M247 Europe SRL"]],
  ["13.250.10.0", 24, SINGAPORE, [16509, "Amazon.com, Inc."]],
  ["198.18.5.0", 24, [undefined, ...PARIS.slice(1)]],
  ["198.18.6.0", 24, ["ZZ", 0, 0], [0, "Not routed"]],
  ["198.19.0.0", 24, undefined, [64496, "Example Networks"]],
  ["100.64.0.0", 24, OSLO],
  ["2001:db8:2::", 48, OSLO, TELENOR],
  ["2001:db8:51::", 48, NEW_YORK, COMCAST],
  ["2001:db8:113::", 48, FRANKFURT, HETZNER],
  ["2001:db8:3:4::", 65, SINGAPORE],
];

const real = (number) => (number === undefined ? undefined : { double: number });
const given = (record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
const LAYOUTS = {
  city: ([code, latitude, longitude]) =>
    given({
      country: code && { iso_code: code, names: { en: code } },
      location:
        latitude === undefined
          ? undefined
          : { accuracy_radius: { uint16: 20 }, latitude: real(latitude), longitude: real(longitude) },
    }),
  country: ([code]) => code && { country: { iso_code: code }, registered_country: { iso_code: "US" } },
  "flat-city": ([code, latitude, longitude]) =>
    given({ city: "", country_code: code ?? "", latitude: real(latitude), longitude: real(longitude) }),
};
const FILES = {
  city: ["DBIP-City-Lite", "A test of IP Geolocation by DB-IP; the data are invented"],
  country: ["GeoLite2-Country", "A test; the data are invented"],
  "flat-city": ["city ipvAll", "A test; the data are invented"],
  asn: ["holdfast-asn", "A test of autonomous systems by RouteViews, NRO and DB-IP; the data are invented"],
};

const folder = join(import.meta.dirname, "../tests/corpus/geo");
mkdirSync(folder, { recursive: true });
for (const [name, [type, description]] of Object.entries(FILES)) {
  const ranges = WORLD.flatMap(([network, prefix, place, system]) => {
    const first = address(network);
    const last = first + (1n << BigInt((network.includes(":") ? 128 : 32) - prefix)) - 1n;
    const record =
      name === "asn"
        ? system && { autonomous_system_number: system[0], autonomous_system_organization: system[1] }
        : place && LAYOUTS[name](place);
    return record ? [[first, last, record]] : [];
  });
  ranges.sort(([a], [b]) => (a < b ? -1 : 1));
  const file = write(ranges, { type, description, epoch: 1767225600 });
  writeFileSync(join(folder, `${name}.mmdb`), file);
  console.log(`${name}.mmdb: ${file.length} bytes`);
}
