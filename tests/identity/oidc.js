// An OAuth 2.0 and OpenID Connect provider: oidc-provider with its own sign-in pages.
// usage: node oidc.js SETTINGS, JSON: redirect_uris, people {ADDRESS: claims}, like ("google" or
// "github"). Like GitHub means its paths, and its /user and /user/emails as its REST API documents
// them; for a person there, `github` holds the two answers.
const http = require('http');

const settings = JSON.parse(process.argv[2]);
const prefix = settings.like === 'github' ? '/login/oauth' : '';
const server = http.createServer();

async function start() {
  const { default: Provider } = await import('oidc-provider');
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(`${url}${prefix}`, {
    clients: [{
      client_id: 'loom',
      client_secret: settings.secret,
      redirect_uris: settings.redirect_uris,
      token_endpoint_auth_method: 'client_secret_post',
    }],
    scopes: ['openid', 'offline_access', 'read:user', 'user:email'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'hd'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    routes: prefix ? { authorization: '/authorize', token: '/access_token' } : {},
    cookies: { keys: ['of a test'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...settings.people[id] }) }),
  });
  const serve = provider.callback();
  server.on('request', async (req, res) => {
    if (!prefix) return serve(req, res);
    if (req.url.startsWith(`${prefix}/`)) {
      req.originalUrl = req.url;
      req.baseUrl = prefix;
      req.url = req.url.slice(prefix.length);
      return serve(req, res);
    }
    const token = await provider.AccessToken.find((req.headers.authorization || '').replace(/^Bearer /, ''));
    const person = token && settings.people[token.accountId];
    const answer = person && { '/user': person.github.user, '/user/emails': person.github.emails }[req.url];
    res.writeHead(answer ? 200 : 401, { 'Content-Type': 'application/json; charset=utf-8' });
    return res.end(JSON.stringify(answer || { message: 'Bad credentials' }));
  });
  console.log(JSON.stringify({ url }));
}

server.listen(0, '127.0.0.1', start);
