// The form: a source, its containers, and a panel that says why there are none. What comes from an engine is only ever
// text (textContent), never markup.
"use strict";

const API = "/api/v1";

const byId = (id) => document.getElementById(id);
const source = byId("source");
const section = byId("containers");
const status = byId("status");
const list = byId("list");
const failure = byId("failure");

// The answer to an older question is not shown any more.
let asked = 0;

source.addEventListener("change", show);
byId("refresh").addEventListener("click", show);
addRemoteServers();

async function addRemoteServers() {
  const answer = await get(`${API}/remote-servers`);
  if (!answer.ok) return;
  for (const server of answer.body) {
    const option = document.createElement("option");
    option.value = `server:${server.id}`;
    option.textContent = server.name;
    source.append(option);
  }
}

async function show() {
  const question = ++asked;
  failure.replaceChildren();
  list.replaceChildren();
  section.hidden = source.value === "custom";
  if (section.hidden) return;
  status.textContent = "Loading…";
  const answer = await get(`${API}/docker/containers?${selector(source.value)}`);
  if (question !== asked) return;
  if (answer.ok) {
    status.textContent = counted(answer.body.length);
    list.replaceChildren(...answer.body.map(card));
  } else {
    status.textContent = "";
    failure.replaceChildren(panel(answer.body.details || answer.body.error));
  }
}

function selector(value) {
  return new URLSearchParams(
    value === "local" ? { host: "local" } : { server_id: value.slice("server:".length) },
  );
}

// Never throws: whatever goes wrong is an answer that the panel can show.
async function get(url) {
  try {
    const response = await fetch(url, { headers: { accept: "application/json" } });
    return { ok: response.ok, body: await response.json() };
  } catch (error) {
    return { ok: false, body: { error: `No answer from this server: ${error.message}` } };
  }
}

function counted(number) {
  if (number === 0) return "No running containers.";
  return number === 1 ? "1 running container." : `${number} running containers.`;
}

function copyOf(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

function card(container) {
  const item = copyOf("container");
  const name = container.names[0] || container.id;
  const port = container.ports.find((port) => port.type === "tcp");
  const fill = (place, text) => {
    item.querySelector(place).textContent = text;
  };
  fill(".name", name);
  fill(".state", container.status || container.state);
  fill(".image", container.image);
  fill(".place", [container.network, container.ip, container.ports.map(portText).join(", ")].filter(Boolean).join(" · "));
  const use = item.querySelector(".use");
  use.setAttribute("aria-label", `Use ${name}`);
  use.addEventListener("click", () => {
    byId("forward-host").value = container.ip || name;
    byId("forward-port").value = port ? port.private_port : "";
    status.textContent = `${name} is used below.`;
  });
  return item;
}

function portText(port) {
  const published = port.public_port ? `${port.public_port} → ` : "";
  return `${published}${port.private_port}/${port.type}`;
}

function panel(details) {
  const element = copyOf("failure-panel");
  element.querySelector(".details").textContent = details;
  element.querySelector(".remedies").append(...remedies(details));
  element.querySelector(".retry").addEventListener("click", async () => {
    await show();
    // The button is gone, and with it the place of the keyboard.
    (failure.querySelector(".retry") || byId("refresh")).focus();
  });
  return element;
}

function remedies(details) {
  if (source.value !== "local") {
    return [remedy("Is the engine, or the socket proxy in front of it, running there, and does a firewall let this server through?")];
  }
  const group = details.match(/group_add: \["\d+"\]/);
  return [
    group
      ? remedy("The process is not in the socket's group. In the compose file:", group[0])
      : remedy("Is the process in the socket's group? charon-init grants it; a container with its own user: needs group_add."),
    remedy("Is the socket mounted into this container?", "/var/run/docker.sock:/var/run/docker.sock"),
    remedy("Is the engine running on the host? If it was restarted, restart this container too."),
  ];
}

function remedy(advice, snippet) {
  const item = copyOf("remedy");
  item.querySelector(".advice").textContent = advice;
  if (snippet) {
    const code = item.querySelector("code");
    const button = item.querySelector(".copy");
    code.textContent = snippet;
    button.setAttribute("aria-label", `Copy ${snippet}`);
    button.addEventListener("click", async () => {
      item.querySelector(".copied").textContent = (await copied(code)) ? "Copied" : "Selected: press Ctrl+C";
    });
  } else {
    item.querySelector(".snippet").remove();
  }
  return item;
}

// Over plain HTTP from another machine there is no clipboard interface: the old way then, or the text is selected.
async function copied(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
