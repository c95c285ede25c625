// What a client does that talks until its standard input ends: prints its counts for every line of input and at the
// end. Whatever goes wrong ends it.
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

// Numbered, half of it compressible, and every 25th so long that it may be under way when a generation goes.
function message(number) {
  const text = randomBytes(number % 25 === 24 ? 60_000 : 200).toString("hex");
  return `message ${number} ${text} ${"again and ".repeat(20)}${text}`;
}

/// `answer(text)` returns what the server answered to `text`; `counts` is printed with the number of messages.
export async function talk(answer, counts) {
  let ended = false;
  let messages = 0;
  const print = () => console.log(JSON.stringify({ messages, ...counts }));
  const input = createInterface({ input: process.stdin });
  input.on("line", print);
  input.on("close", () => { ended = true; });
  while (!ended) {
    const text = message(messages);
    if ((await answer(text)) !== text) throw new Error(`answer ${messages}`);
    messages += 1;
    await setTimeout(10);
  }
  print();
}
