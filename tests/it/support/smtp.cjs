// A real mail server (nodemailer's smtp-server) for the tests. What it does with a mail follows from the name before the at
// sign. It prints its port, then a line of JSON for each mail that it took.
const { SMTPServer } = require("smtp-server");

const options = JSON.parse(process.argv[2] || "{}");
const seen = new Map();
const refuse = (code, text) => Object.assign(new Error(text), { responseCode: code });

const server = new SMTPServer({
  ...options,
  authOptional: !options.password,
  disabledCommands: [...(options.key ? [] : ["STARTTLS"]), ...(options.password ? [] : ["AUTH"])],
  allowInsecureAuth: false,
  logger: false,
  onConnect: (_session, done) => (options.busy ? done(refuse(421, "4.3.2 not now")) : done()),
  onAuth: (auth, _session, done) =>
    auth.username === options.user && auth.password === options.password
      ? done(null, { user: auth.username })
      : done(refuse(535, "5.7.8 who are you")),
  onRcptTo({ address }, _session, done) {
    const name = address.split("@")[0];
    const times = (seen.get(name) || 0) + 1;
    seen.set(name, times);
    if (name === "later") return done(refuse(451, `4.7.1 <${address}> try again`));
    if (name === "once" && times === 1) return done(refuse(451, "4.7.1 greylisted"));
    if (name === "never") return done(refuse(550, `5.1.1 <${address}>: nobody of this name`));
    if (name === "slow") return undefined;
    return done();
  },
  onData(stream, session, done) {
    const [{ address }] = session.envelope.rcptTo;
    const name = address.split("@")[0];
    if (name === "cut" && seen.get(name) === 1) {
      stream.resume();
      server.connections.forEach((connection) => connection._socket.destroy());
      return;
    }
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      if (name === "spam") return done(refuse(554, "5.7.1 this is spam"));
      if (name === "full") return done(refuse(452, "4.3.1 no room"));
      const raw = Buffer.concat(parts).toString();
      process.stdout.write(`${JSON.stringify({ to: address, secure: session.secure, user: session.user || null, raw })}\n`);
      return done();
    });
  },
});
server.on("error", () => {});
server.listen(options.port || 0, "127.0.0.1", () => process.stdout.write(`${server.server.address().port}\n`));
// Gone when the test is.
process.stdin.on("end", () => process.exit()).resume();
