"use strict";
// Adds a form to each route that is opened; the token stays in this page and is kept nowhere.

const credential = document.getElementById("credential");
credential.hidden = false;
credential.addEventListener("submit", (event) => event.preventDefault());

function field(form, name, element, placeholder) {
  element.name = name;
  element.placeholder = placeholder;
  element.setAttribute("aria-label", name);
  form.append(element);
  return element;
}

async function send(details, form, output) {
  const method = details.dataset.method.toUpperCase();
  const path = details.dataset.path.replace(/{(\w+)}/g, (_, name) =>
    encodeURIComponent(form.elements["path." + name].value));
  const query = form.elements.query.value;
  const headers = {};
  const token = credential.querySelector("input").value;
  if (token) headers.Authorization = "Bearer " + token;
  for (const line of form.elements.headers.value.split("\n")) {
    const cut = line.indexOf(":");
    if (cut > 0) headers[line.slice(0, cut).trim()] = line.slice(cut + 1).trim();
  }
  const request = { method, headers, credentials: token ? "omit" : "same-origin" };
  if (form.elements.body && form.elements.body.value) {
    headers["Content-Type"] = "application/json";
    request.body = form.elements.body.value;
  }
  output.textContent = "…";
  try {
    const answer = await fetch(path + (query ? "?" + query : ""), request);
    const text = await answer.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
    output.textContent = answer.status + " " + answer.statusText + "\n\n" + shown;
  } catch (error) {
    output.textContent = "The server could not be reached: " + error.message;
  }
}

function fill(details) {
  if (details.querySelector("form")) return;
  const form = document.createElement("form");
  for (const [, name] of details.dataset.path.matchAll(/{(\w+)}/g)) {
    field(form, "path." + name, document.createElement("input"), name).required = true;
  }
  field(form, "query", document.createElement("input"), "query, such as limit=10");
  field(form, "headers", document.createElement("input"), "header, such as If-Match: 3");
  if (details.dataset.hasBody) field(form, "body", document.createElement("textarea"), "body, JSON");
  const button = document.createElement("button");
  button.textContent = "Send";
  const output = document.createElement("pre");
  output.setAttribute("aria-live", "polite");
  form.append(button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(details, form, output);
  });
  details.append(form, output);
}

for (const details of document.querySelectorAll("details")) {
  details.addEventListener("toggle", () => details.open && fill(details));
}
