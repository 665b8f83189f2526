use secrecy::SecretString;
use wh_types::{GitProvider, HttpUrl};

use super::{Section, section};
use crate::reader::Reader;

/// One OAuth provider that is configured.
#[derive(Debug, Clone, Copy)]
pub struct OAuthClient<'a> {
    /// Id of the client at the provider.
    pub client_id: &'a str,
    /// Secret of the client.
    pub client_secret: &'a SecretString,
    /// Where the provider sends the user back to; the API server's own address if unset.
    pub redirect: Option<&'a HttpUrl>,
}

macro_rules! provider {
    ($name:ident, $path:literal, $title:literal, $credential:literal) => {
        section! {
            #[doc = $title]
            $name at $path checked {
                /// Id of the client at the provider; the provider is off if unset.
                client_id: Option<String>, optional "0123456789abcdef";
                /// Secret of the client.
                client_secret: Option<SecretString>, optional "change-me", credential $credential;
                /// Where the provider sends the user back to; the API server's own address if unset.
                redirect: Option<HttpUrl>, optional "https://api.acme.dev/auth/callback";
            }
        }

        impl $name {
            /// The client, if this provider is configured.
            #[must_use]
            pub fn client(&self) -> Option<OAuthClient<'_>> {
                Some(OAuthClient {
                    client_id: self.client_id.as_deref()?,
                    client_secret: self.client_secret.as_ref()?,
                    redirect: self.redirect.as_ref(),
                })
            }

            fn checked(self, reader: &mut Reader<'_>) -> Self {
                // A secret alone is no fault: a credential may be there before the provider is switched on.
                if self.client_id.is_some() && self.client_secret.is_none() {
                    let secret = concat!($path, ".client_secret");
                    let problem = format!("is set without a secret: set {secret} too");
                    reader.refuse(concat!($path, ".client_id"), &[secret], problem);
                }
                self
            }
        }
    };
}

provider!(OAuthGoogle, "oauth.google", "Sign-in with Google.", "google_oauth_client_secret");
provider!(OAuthGitHub, "oauth.github", "Linking of GitHub accounts.", "github_oauth_client_secret");
provider!(OAuthGitLab, "oauth.gitlab", "Linking of GitLab accounts.", "gitlab_oauth_client_secret");
provider!(
    OAuthBitbucket,
    "oauth.bitbucket",
    "Linking of Bitbucket accounts.",
    "bitbucket_oauth_client_secret"
);
provider!(OAuthCodeberg, "oauth.codeberg", "Linking of Codeberg accounts.", "codeberg_oauth_client_secret");

/// The OAuth providers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OAuth {
    /// Sign-in with Google.
    pub google: OAuthGoogle,
    /// Linking of GitHub accounts.
    pub github: OAuthGitHub,
    /// Linking of GitLab accounts.
    pub gitlab: OAuthGitLab,
    /// Linking of Bitbucket accounts.
    pub bitbucket: OAuthBitbucket,
    /// Linking of Codeberg accounts.
    pub codeberg: OAuthCodeberg,
}

impl OAuth {
    /// The client of a Git host, if it is configured.
    #[must_use]
    pub fn git(&self, provider: GitProvider) -> Option<OAuthClient<'_>> {
        match provider {
            GitProvider::GitHub => self.github.client(),
            GitProvider::GitLab => self.gitlab.client(),
            GitProvider::Bitbucket => self.bitbucket.client(),
            GitProvider::Codeberg => self.codeberg.client(),
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            google: Section::read(reader),
            github: Section::read(reader),
            gitlab: Section::read(reader),
            bitbucket: Section::read(reader),
            codeberg: Section::read(reader),
        }
    }
}
