// Node.js over TLS: requests on one connection, an event stream, a WebSocket. Prints `ok`.
//   node tls_client.mjs HOST PORT TLSv1.3 SUITE
import https from "node:https";
import WebSocket from "ws";

const [host, port, version, suite] = process.argv.slice(2);
const tls = { servername: "www.example.com", minVersion: version, maxVersion: version, ciphers: suite };
const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ...tls });

function get(path) {
  return new Promise((resolve, reject) => {
    const options = { host, port, path, agent, headers: { host: "www.example.com" } };
    const request = https.get(options, (response) => {
      const pieces = [];
      const { socket } = response; // given back to the agent at the end
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => resolve({ body: Buffer.concat(pieces), socket, status: response.statusCode }));
    });
    request.on("error", reject);
  });
}

const first = await get("/bytes/100000");
if (first.status !== 200 || first.body.length !== 100_000) throw new Error("length");
if (first.socket.getProtocol() !== version) throw new Error(first.socket.getProtocol());
const cipher = first.socket.getCipher();
if (![cipher.name, cipher.standardName].includes(suite)) throw new Error(cipher.name);
const second = await get("/bytes/10");
if (second.body.length !== 10) throw new Error("second");

const events = (await get("/sse?count=5&interval=1")).body.toString();
if (events.match(/^data: \d+$/gm).length !== 5) throw new Error("events");
agent.destroy();

const socket = new WebSocket(`wss://${host}:${port}/ws`, { ...tls, headers: { host: "www.example.com" } });
await new Promise((resolve, reject) => {
  socket.once("open", resolve);
  socket.once("error", reject);
});
const bytes = Buffer.alloc(300_000, "abcdefg");
const answer = await new Promise((resolve) => {
  socket.once("message", resolve);
  socket.send(bytes);
});
if (!answer.equals(bytes)) throw new Error("message");
await new Promise((resolve) => {
  socket.once("close", resolve);
  socket.close(1000);
});
console.log("ok");
