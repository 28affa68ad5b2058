// MaxMind's DB format, version 2, read and written: what the scripts beside it need of it, and no more.
// https://maxmind.github.io/MaxMind-DB/
const MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
const SEPARATOR = 16;

/** Addresses are BigInt; IPv4 lies at ::/96, where every file that holds both kinds keeps it. */
export function read(file) {
  const at = file.lastIndexOf(MARKER);
  if (at < 0) throw new Error("no MaxMind DB");
  const metadata = decoder(file.subarray(at + MARKER.length))(0)[0];
  const { node_count: count, record_size: size } = metadata;
  const width = size / 4;
  const decode = decoder(file.subarray(count * width + SEPARATOR, at));

  const child = (node, right) => {
    const o = node * width;
    if (size === 24) return file.readUIntBE(o + right * 3, 3);
    if (size === 32) return file.readUInt32BE(o + right * 4);
    const shared = file[o + 3];
    return right ? ((shared & 15) << 24) + file.readUIntBE(o + 4, 3) : ((shared >> 4) << 24) + file.readUIntBE(o, 3);
  };

  /** Calls `leaf(first, bits, offset)` for each network with a record; `record(offset)` reads that. */
  function walk(leaf) {
    const bits = metadata.ip_version === 4 ? 32 : 128;
    const stack = [[0, 0n, 0]];
    while (stack.length > 0) {
      const [node, first, depth] = stack.pop();
      if (node > count) leaf(first, bits - depth, node - count - SEPARATOR);
      if (node >= count) continue;
      if (depth === bits) throw new Error("the tree is deeper than an address");
      stack.push([child(node, 1), first | (1n << BigInt(bits - depth - 1)), depth + 1], [child(node, 0), first, depth + 1]);
    }
  }
  return { metadata, walk, record: (offset) => decode(offset)[0] };
}

function decoder(data) {
  const number = (at, length) => (length > 6 ? data.readBigUInt64BE(at) : length > 0 ? data.readUIntBE(at, length) : 0);
  return function decode(at) {
    const control = data[at++];
    let type = control >> 5;
    if (type === 1) {
      const more = (control >> 3) & 3;
      const base = [0, 2048, 526336, 0][more];
      const low = data.readUIntBE(at, more + 1);
      return [decode(more === 3 ? low : (control & 7) * 2 ** (8 * (more + 1)) + low + base)[0], at + more + 1];
    }
    if (type === 0) type = data[at++] + 7;
    let length = control & 31;
    if (length >= 29) {
      const more = length - 28;
      length = [29, 285, 65821][more - 1] + data.readUIntBE(at, more);
      at += more;
    }
    if (type === 7 || type === 11) {
      const value = type === 7 ? {} : [];
      for (let i = 0; i < length; i++) {
        let key = i;
        if (type === 7) [key, at] = decode(at);
        [value[key], at] = decode(at);
      }
      return [value, at];
    }
    if (type === 14) return [length === 1, at];
    const end = at + length;
    if (type === 2) return [data.toString("utf8", at, end), end];
    if (type === 3) return [data.readDoubleBE(at), end];
    if (type === 15) return [data.readFloatBE(at), end];
    if (type === 8) return [length > 0 ? data.readUIntBE(at, length) | 0 : 0, end];
    if ([5, 6, 9].includes(type)) return [number(at, length), end];
    throw new Error(`type ${type} is not read here`);
  };
}

function head(type, length) {
  const extended = type > 7;
  const kind = extended ? 0 : type << 5;
  const rest = extended ? [type - 7] : [];
  if (length < 29) return Buffer.from([kind | length, ...rest]);
  if (length < 285) return Buffer.from([kind | 29, ...rest, length - 29]);
  if (length < 65821) return Buffer.from([kind | 30, ...rest, (length - 285) >> 8, (length - 285) & 255]);
  throw new Error("longer than is written here");
}

/** A whole number is an unsigned integer, any other a double. `{ uint16: 6 }`, `{ double: 6 }` say which it has to be. */
function encode(value, key = encode) {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([head(2, text.length), text]);
  }
  if (Number.isSafeInteger(value) && value >= 0) return integer(value < 2 ** 32 ? 6 : 9, value);
  if (typeof value === "number") return real(value);
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map((item) => encode(item, key))]);
  if ("uint16" in value) return integer(5, value.uint16);
  if ("uint64" in value) return integer(9, value.uint64);
  if ("double" in value) return real(value.double);
  const pairs = Object.entries(value);
  return Buffer.concat([head(7, pairs.length), ...pairs.flatMap(([name, item]) => [key(name), encode(item, key)])]);
}
function real(value) {
  const double = Buffer.alloc(8);
  double.writeDoubleBE(value);
  return Buffer.concat([head(3, 8), double]);
}
function integer(type, value) {
  const bytes = [];
  for (let rest = BigInt(value); rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return Buffer.concat([head(type, bytes.length), Buffer.from(bytes)]);
}

/**
 * A file of both kinds of address. `ranges` are `[first, last, record]` with inclusive BigInt ends, in order and apart
 * from each other; equal records are written once.
 */
export function write(ranges, { type, description, epoch }) {
  const EMPTY = -1;
  // Two children a node: a number of zero or more is a node, EMPTY is nothing, below that is a record.
  let tree = new Int32Array(1 << 16).fill(EMPTY);
  let nodes = 1;
  function node() {
    if (nodes * 2 === tree.length) {
      const larger = new Int32Array(tree.length * 2).fill(EMPTY);
      larger.set(tree);
      tree = larger;
    }
    return nodes++;
  }
  function insert(words, bits, record) {
    let at = 0;
    for (let depth = 0; ; depth++) {
      const side = at * 2 + ((words[depth >> 5] >>> (31 - (depth & 31))) & 1);
      if (tree[side] < EMPTY) throw new Error("ranges overlap");
      if (depth === 127 - bits) {
        if (tree[side] !== EMPTY) throw new Error("ranges overlap");
        tree[side] = -2 - record;
        return;
      }
      if (tree[side] === EMPTY) {
        // Not in one step: `node` may replace the array.
        const fresh = node();
        tree[side] = fresh;
      }
      at = tree[side];
    }
  }

  const data = [];
  const offsets = [];
  const known = new Map();
  let length = 0;
  function append(bytes) {
    data.push(bytes);
    length += bytes.length;
    return length - bytes.length;
  }
  // Names of fields are written once, and pointed at.
  const names = new Map();
  function pointer(name) {
    if (!names.has(name)) names.set(name, append(encode(name)));
    const at = names.get(name);
    return at < 2048 ? Buffer.from([0x20 | (at >> 8), at & 255]) : encode(name);
  }
  function recordOf(value) {
    const text = JSON.stringify(value);
    if (!known.has(text)) {
      const bytes = encode(value, pointer);
      known.set(text, offsets.length);
      offsets.push(append(bytes));
    }
    return known.get(text);
  }

  for (const [first, last, value] of ranges) {
    const record = recordOf(value);
    // The largest network that begins here and ends in the range, again and again.
    for (let at = first; at <= last; ) {
      const words = [96n, 64n, 32n, 0n].map((shift) => Number((at >> shift) & 0xffffffffn));
      const bits = Math.min(zeros(words), (last - at + 1n).toString(2).length - 1, 127);
      insert(words, bits, record);
      at += 1n << BigInt(bits);
    }
  }

  const size = nodes + SEPARATOR + length < 2 ** 24 ? 24 : 32;
  const search = Buffer.alloc((nodes * size) / 4);
  for (let i = 0; i < nodes * 2; i++) {
    const to = tree[i];
    const value = to >= 0 ? to : to === EMPTY ? nodes : nodes + SEPARATOR + offsets[-2 - to];
    search.writeUIntBE(value, (i * size) / 8, size / 8);
  }
  const metadata = encodeMetadata({ type, description, epoch, ip_version: 6, node_count: nodes, record_size: size });
  return Buffer.concat([search, Buffer.alloc(SEPARATOR), ...data, MARKER, metadata]);
}

/** The same file with metadata of another type, description and language; its data stay as they are. */
export function rename(file, { type, description }) {
  const at = file.lastIndexOf(MARKER) + MARKER.length;
  const { metadata } = read(file);
  return Buffer.concat([file.subarray(0, at), encodeMetadata({ ...metadata, type, description, epoch: metadata.build_epoch })]);
}

function encodeMetadata({ type, description, epoch, ip_version, node_count, record_size }) {
  return encode({
    binary_format_major_version: { uint16: 2 },
    binary_format_minor_version: { uint16: 0 },
    build_epoch: { uint64: epoch },
    database_type: type,
    description: { en: description },
    ip_version: { uint16: ip_version },
    languages: ["en"],
    node_count,
    record_size: { uint16: record_size },
  });
}

/** How many zeros there are at the end of four words of 32 bits. */
function zeros(words) {
  let count = 0;
  for (let i = 3; i >= 0; i--) {
    if (words[i] !== 0) return count + 31 - Math.clz32(words[i] & -words[i]);
    count += 32;
  }
  return count;
}

/** An address in text as BigInt, in the place it has in such a file. */
export function address(text) {
  if (!text.includes(":")) return text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [left, right] = text.split("::").map((half) => (half ? half.split(":") : []));
  const groups = right ? [...left, ...Array(8 - left.length - right.length).fill("0"), ...right] : left;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
