// A real OpenID provider (oidc-provider) of its own for a test: people sign in and consent on its pages, each refresh token is good once.
import Provider from "oidc-provider";
import type { Server } from "node:http";

export const CLIENT = { id: "holdfast", secret: "a secret between the two" };

export class IdentityProvider {
  /** Grants that were given, latest last. */
  private readonly grants: string[] = [];
  /** How often tokens were renewed. */
  renewals = 0;
  /** How often a renewal was refused. */
  refusals = 0;

  private constructor(private readonly provider: Provider, private readonly server: Server) {}

  /** Listens on `port`; people go back to `callback`. */
  static async start(port: number, callback: string): Promise<IdentityProvider> {
    const provider = new Provider(`http://127.0.0.1:${port}`, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [callback],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
          token_endpoint_auth_method: "client_secret_post",
        },
      ],
      pkce: { required: () => true },
      rotateRefreshToken: true,
      cookies: { keys: ["for this test only"] },
      findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    });
    const server = await new Promise<Server>((done) => {
      const listening: Server = provider.listen(port, "127.0.0.1", () => done(listening));
    });
    const self = new IdentityProvider(provider, server);
    provider.on("grant.success", (context) => {
      const { AuthorizationCode, RefreshToken } = context.oidc.entities;
      if (AuthorizationCode?.grantId) self.grants.push(AuthorizationCode.grantId);
      else if (RefreshToken) self.renewals += 1;
    });
    provider.on("grant.error", () => (self.refusals += 1));
    return self;
  }

  /** Takes back the consent that was given last. */
  async revoke(): Promise<void> {
    const grant = await this.provider.Grant.find(this.grants.at(-1) ?? "");
    if (!grant) throw new Error("nobody has consented yet");
    await grant.destroy();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
