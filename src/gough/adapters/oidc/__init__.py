"""An OpenID Connect provider: people sign in there, and Gough takes its signed word.

https://openid.net/specs/openid-connect-core-1_0.html
"""
