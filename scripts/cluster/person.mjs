// Somebody with a passkey and one browser, who remembers what was answered.

import { strict as assert } from 'node:assert';

import { Passkey } from './passkey.mjs';

/** What was acknowledged, and so must be there whatever happens: the request's id, and the event that tells of it. */
export class Ledger {
  acts = [];
  passkeys = [];

  note(answer, event) {
    assert.ok(answer.request, 'an answer without a request id');
    this.acts.push({ request: answer.request, event });
  }
}

const expect = (answer, status, what) => {
  if (answer.status !== status) throw new assert.AssertionError({ message: `${what}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}` });
  return answer;
};

export class Person {
  /** lives: it was opened and nobody has ended it. unsure: its end was asked for, and not answered. */
  session = 'none';
  /** Tokens of sessions whose end was answered. */
  ended = [];
  touches = 0;

  constructor(name, browser, ledger) {
    Object.assign(this, { name, browser, ledger });
  }

  /** `ports`: where the first half goes, and where the second; the proxy, if nothing is said. */
  async signUp([begin, end] = this.both()) {
    this.browser.cookies.clear();
    const options = expect(await this.browser.at(begin).post('/auth/passkey/register/options', { email: `${this.name}@example.test` }), 200, 'sign-up').body;
    const [passkey, response] = Passkey.create(options, this.browser.origin);
    const answer = expect(await this.browser.at(end).post('/auth/passkey/register/verify', { response }), 200, 'sign-up');
    this.passkey = passkey;
    this.session = 'lives';
    this.ledger.note(answer, 'user_created');
    this.ledger.passkeys.push({ id: answer.body.passkey.id, user: answer.body.user.id });
  }

  async signIn([begin, end] = this.both()) {
    const before = this.browser.sid;
    const options = expect(await this.browser.at(begin).post('/auth/passkey/login/options', {}), 200, 'sign-in').body;
    const had = this.session;
    // It ends the session that the browser had.
    this.session = 'unsure';
    const answer = expect(await this.browser.at(end).post('/auth/passkey/login/verify', { response: this.passkey.get(options) }), 200, 'sign-in');
    if (before && had === 'lives') this.ended.push(before);
    this.session = 'lives';
    this.ledger.note(answer, 'authn_login_success');
  }

  /** The session is there. */
  async check(port = this.browser.port) {
    expect(await this.browser.at(port).get('/auth/session'), 200, `${this.name} was signed out`);
  }

  /** A touch and the change that it is for: the token is replaced by each. `ports`: ask and change, options, verify. */
  async touch(path = '/api-keys', body = { name: 'deploy' }, event = 'authn_token_created', ports = [...this.both(), this.browser.port]) {
    const [change, options, verify] = ports.map((port) => this.browser.at(port));
    let answer = await change.post(path, body);
    if (answer.status !== 200) {
      const { stepUp } = expect(answer, 403, path).body;
      const asked = expect(await options.post('/auth/step-up/options', stepUp), 200, 'step-up').body;
      const touched = expect(await verify.post('/auth/step-up/verify', { response: this.passkey.get(asked) }), 200, 'step-up');
      this.ledger.note(touched, 'authn_step_up_success');
      answer = expect(await change.post(path, body), 200, path);
    }
    this.touches += 1;
    this.ledger.note(answer, event);
    return answer;
  }

  async signOut(port = this.browser.port) {
    const sid = this.browser.sid;
    const had = this.session;
    this.session = 'unsure';
    const answer = expect(await this.browser.at(port).post('/auth/logout', {}), 200, 'sign-out');
    this.session = 'none';
    // A second try may find that the first one, whose answer was lost, had done it.
    if (had === 'lives') this.ledger.note(answer, 'session_revoked');
    if (sid) this.ended.push(sid);
  }

  /** Whether any of these processes takes a token whose end was answered. */
  async isRefused(sid, port = this.browser.port) {
    return (await this.browser.withOnly(sid, port).get('/auth/session')).status === 401;
  }

  both() {
    return [this.browser.port, this.browser.port];
  }
}
