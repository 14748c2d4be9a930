// The end of a session that nobody used: the page says so, keeps what was typed into it, and goes
// on once somebody signed in again in another tab. Asking whether it holds is no use of it.

const notice = document.querySelector("#session-ended"); // of a page of who is signed in
const OWN = "/account"; // everybody who is signed in may open it
const UNATTENDED = { "x-xunji-unattended": "1" };
const LONGEST_WAIT = 2 ** 31 - 1;

let clock = 0;

async function own() {
  const answer = await fetch(OWN, { headers: { ...UNATTENDED, accept: "text/html" } });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return {
    account: page.querySelector("#session-ended").dataset.account,
    token: page.querySelector("input[name=csrf]").value,
  };
}

function wait() {
  clearTimeout(clock);
  clock = setTimeout(check, Math.min(notice.dataset.idle * 1_000, LONGEST_WAIT));
}

async function check() {
  try {
    if ((await own()) === null) end();
    else wait(); // used in another tab
  } catch {
    wait(); // the server is away: nothing is known
  }
}

function end() {
  if (!notice.hidden) return;
  clearTimeout(clock);
  notice.hidden = false;
}

async function goOn() {
  const found = await own().catch(() => null);
  notice.querySelector("[data-not-yet]").hidden = found !== null;
  if (found === null) return;
  if (found.account !== notice.dataset.account) location.reload(); // another person's page
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = found.token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrf-token": found.token }));
  notice.hidden = true;
  dispatchEvent(new CustomEvent("xunji:signed-in"));
  wait();
}

function keep(event) {
  if (notice.hidden || event.target.closest("[data-leave]")) return;
  event.preventDefault(); // what was typed would be lost
  event.stopImmediatePropagation();
  notice.scrollIntoView();
  notice.querySelector("a").focus();
}

if (notice) {
  notice.querySelector("button").addEventListener("click", goOn);
  addEventListener("xunji:session-in-doubt", check);
  addEventListener("submit", keep, true);
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.triggeringEvent?.type === "xunji:moved") {
      Object.assign(event.detail.headers, UNATTENDED);
    } else wait();
  });
  document.addEventListener("visibilitychange", () => document.hidden || check());
  wait();
}
