// A real mail server for tests: takes mail, reads it, and tells of each step as a line of JSON. It stops before a step until a line comes in,
// where it is asked to: so the sender can be killed there.
// Arguments: port (0: any), step to stop at (or "-"), script of refusals as JSON: { "address": [[step, code, text], …] }, and more as JSON:
// `tls` ("first" or "wanted") with `key` and `cert` (files), `users` ({ name: password }) with `ways` to sign in, `names` (address of a name
// server: signatures are verified).

import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

const [port, stopAt, refusals] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4] ?? "{}")];
const more = JSON.parse(process.argv[5] ?? "{}");
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const waiting = [];
let stops = stopAt === "-" ? 0 : 1;
createInterface({ input: process.stdin })
  .on("line", () => waiting.shift()?.())
  .on("close", () => process.exit(0));

/** The first time that this step comes, waits for a line. */
const step = async (name) => {
  if (name !== stopAt || stops === 0) return;
  stops -= 1;
  tell({ at: name });
  await new Promise((go) => waiting.push(go));
};

/** A refusal that is written in the script for this step, once. */
const refused = (address, name) => {
  const script = refusals[address] ?? [];
  const place = script.findIndex(([at]) => at === name);
  if (place < 0) return null;
  const [[, code, text]] = script.splice(place, 1);
  return Object.assign(new Error(text), { responseCode: code });
};

/** What mailauth, somebody else's code, says of the signatures of a message. Keys come from the name server. */
const signatures = async (raw) => {
  const { dkimVerify } = await import("mailauth/lib/dkim/verify.js");
  const resolver = new Resolver();
  resolver.setServers([more.names]);
  const { results } = await dkimVerify(raw, { resolver: (name, type) => resolver.resolve(name, type) });
  return results.map(({ signingDomain, selector, status }) => ({
    domain: signingDomain ?? "",
    selector: selector ?? "",
    result: status.result,
    aligned: Boolean(status.aligned),
    why: status.comment ?? "",
  }));
};

/** One letter of the text is another one. */
const changed = (raw) => {
  const at = raw.indexOf("Hello", raw.indexOf("\r\n\r\n"));
  return Buffer.concat([raw.subarray(0, at), Buffer.from("J"), raw.subarray(at + 1)]);
};

const server = new SMTPServer({
  authOptional: !more.users,
  authMethods: more.ways ?? ["PLAIN", "LOGIN"],
  disabledCommands: [...(more.users ? [] : ["AUTH"]), ...(more.tls === "wanted" ? [] : ["STARTTLS"])],
  secure: more.tls === "first",
  ...(more.tls ? { key: readFileSync(more.key), cert: readFileSync(more.cert) } : {}),
  onAuth: ({ method, username, password }, _session, done) =>
    more.users?.[username] === password
      ? done(null, { user: `${username} by ${method}` })
      : done(Object.assign(new Error(`5.7.8 not with ${password}`), { responseCode: 535 })),
  disableReverseLookup: true,
  logger: false,
  onConnect: (_session, done) => void step("greeting").then(() => done()),
  onMailFrom: (_address, _session, done) => void step("sender").then(() => done()),
  onRcptTo: ({ address }, _session, done) => void step("recipient").then(() => done(refused(address, "recipient"))),
  onData: async (stream, session, done) => {
    const pieces = [];
    await step("body");
    try {
      for await (const piece of stream) {
        pieces.push(piece);
        if (pieces.length === 1) await step("midst");
      }
    } catch {
      return done(new Error("cut"));
    }
    const to = session.envelope.rcptTo[0].address;
    await step("end");
    const no = refused(to, "end");
    if (no) return done(no);
    const raw = Buffer.concat(pieces);
    const mail = await simpleParser(raw);
    tell({
      mail: {
        to,
        from: session.envelope.mailFrom.address,
        id: mail.messageId,
        subject: mail.subject,
        text: mail.text,
        html: mail.html || "",
        heads: Object.fromEntries(mail.headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).trim()])),
        secure: session.secure,
        user: session.user || "",
        ...(more.names ? { signatures: await signatures(raw), forged: await signatures(changed(raw)) } : {}),
        files: mail.attachments.map(({ filename, contentType, size, cid }) => ({ name: filename ?? cid, kind: contentType, size })),
      },
    });
    done();
    await step("answered");
  },
});
server.on("error", () => {});
server.listen(port, "127.0.0.1", () => tell({ port: server.server.address().port }));
