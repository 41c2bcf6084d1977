// A SAML 2.0 identity provider: Auth0's samlp, with a form to sign in by.
// usage: node saml.js SETTINGS, JSON: key, cert (PEM), acs, audience, signingCert (the SP's, or null).
// GET /sso?user=ADDRESS answers at once; `options` (JSON) there are samlp's own, for this answer.
const express = require('express');
const samlp = require('samlp');

const settings = JSON.parse(process.argv[2]);
const app = express();
const server = app.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const issuer = `${url}/metadata`;
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const hidden = (query) => Object.entries(query)
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`).join('');
  const person = (email) => ({
    id: email, emails: [{ value: email }], displayName: email.split('@')[0], name: {},
  });
  app.get('/metadata', samlp.metadata({
    issuer, cert: settings.cert, redirectEndpointPath: '/sso', postEndpointPath: '/sso',
  }));
  app.get('/sso', (req, res, next) => {
    const { user, options, ...query } = req.query;
    if (!user) {
      return res.send(`<title>Sign in</title><form>${hidden(query)}<input name="user"><button>Go</button></form>`);
    }
    req.query = query;
    return samlp.auth({
      issuer,
      key: settings.key,
      cert: settings.cert,
      audience: settings.audience,
      destination: settings.acs,
      recipient: settings.acs,
      signingCert: query.SAMLRequest ? settings.signingCert : undefined,
      getUserFromRequest: () => person(user),
      getPostURL: (audience, dom, request, done) => done(null, settings.acs),
      ...JSON.parse(options || '{}'),
    })(req, res, next);
  });
  app.use((error, req, res, next) => res.status(400).type('text').send(error.message));
  console.log(JSON.stringify({ url }));
});
