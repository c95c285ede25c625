"""Lets tests that know nothing of TLS run over it."""


def over_tls(proxied, pki):
    """The fixture `proxied` with a TLS listener. A module whose tests shall run both ways says

        @pytest.fixture(params=["plain", "tls"])
        def proxied(request, proxied, pki):
            return proxied if request.param == "plain" else over_tls(proxied, pki)
    """

    def make(script=None, reply=None, certificates=None, **keywords):
        return proxied(script, reply, certificates=certificates or [pki.default()], **keywords)

    return make
