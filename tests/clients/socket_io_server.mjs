// A socket.io server that echoes with an acknowledgement. Prints its port, ends with its standard input.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const server = new Server(http);
server.on("connection", (socket) => {
  socket.on("echo", (value, acknowledge) => acknowledge({ value, transport: socket.conn.transport.name }));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.resume().on("end", () => process.exit(0));
