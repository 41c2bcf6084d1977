// The token travels behind the "#", which no server, log or referrer ever sees.
const token = location.hash.slice(1);
if (token) {
  history.replaceState(null, "", location.pathname);
  document.querySelector("#token").value = token;
  document.querySelector("form").submit();
}
