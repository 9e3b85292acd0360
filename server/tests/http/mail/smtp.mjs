// A real mail server for tests: takes mail, reads it, and tells of each step as a line of JSON. It stops before a step until a line comes in,
// where it is asked to: so the sender can be killed there.
// Arguments: port (0: any), step to stop at (or "-"), script of refusals as JSON: { "address": [[step, code, text], …] }.

import { createInterface } from "node:readline";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

const [port, stopAt, refusals] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4] ?? "{}")];
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

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
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
        files: mail.attachments.map(({ filename, contentType, size, cid }) => ({ name: filename ?? cid, kind: contentType, size })),
      },
    });
    done();
    await step("answered");
  },
});
server.on("error", () => {});
server.listen(port, "127.0.0.1", () => tell({ port: server.server.address().port }));
