// A name server of a test: TXT records that are written down, and nothing else.
import { createSocket, type Socket } from "node:dgram";

/** Longest text of a record; longer ones go as several. */
const LONGEST = 255;

export class Names {
  readonly texts = new Map<string, string>();
  private constructor(private readonly socket: Socket) {}

  static async serve(): Promise<Names> {
    const names = new Names(createSocket("udp4"));
    names.socket.on("message", (asked, from) => names.socket.send(names.answer(asked), from.port, from.address));
    await new Promise<void>((done) => names.socket.bind(0, "127.0.0.1", done));
    return names;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  end(): void {
    this.socket.close();
  }

  private answer(asked: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = asked[at] ?? 0; length > 0; length = asked[at] ?? 0) {
      labels.push(asked.subarray(at + 1, at + 1 + length).toString());
      at += length + 1;
    }
    const question = asked.subarray(12, at + 5);
    const text = this.texts.get(labels.join(".").toLowerCase());
    const head = Buffer.alloc(12);
    asked.copy(head, 0, 0, 2);
    head.writeUInt16BE(text === undefined ? 0x8583 : 0x8580, 2);
    head.writeUInt16BE(1, 4);
    if (text === undefined) return Buffer.concat([head, question]);
    head.writeUInt16BE(1, 6);
    const parts: Buffer[] = [];
    for (let from = 0; from < text.length; from += LONGEST) {
      const part = Buffer.from(text.slice(from, from + LONGEST));
      parts.push(Buffer.from([part.length]), part);
    }
    const data = Buffer.concat(parts);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(16, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(1, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([head, question, record, data]);
  }
}
