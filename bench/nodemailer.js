// nodemailer with its pool, as its documentation shows: node send.js PORT MESSAGES CONNECTIONS
const fs = require("fs");
const nodemailer = require("nodemailer");

const [port, messages, connections] = process.argv.slice(2).map(Number);
const html = fs.readFileSync("message.html", "utf8");
const text = fs.readFileSync("message.txt", "utf8");
const transporter = nodemailer.createTransport({
  host: "127.0.0.1", port, pool: true, maxConnections: connections, maxMessages: Infinity,
  ignoreTLS: true,
});
let begun = 0, done = 0;

function next() {
  if (begun >= messages) return;
  const number = begun++;
  const name = `Reader ${number}`;
  transporter.sendMail({
    from: "Library news <news@library.example>",
    to: `reader${number}@example.net`,
    subject: "News of May",
    html: html.replaceAll("{{name}}", name),
    text: text.replaceAll("{{name}}", name),
    list: { unsubscribe: { url: `https://library.example/leave/${number}`, comment: "Leave" } },
  }, (error) => {
    if (error) { console.error(error); process.exit(1); }
    if (++done === messages) transporter.close();
    else next();
  });
}

for (let i = 0; i < connections * 2; i++) next();
