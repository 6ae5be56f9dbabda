# SPDX-License-Identifier: ISC
# Pure: tests and fuzzers link these alone.
HTTP_SRCS =	srt-proxy/http_parse.c srt-proxy/http_field.c \
		srt-proxy/http_body.c srt-proxy/http_chunk.c \
		srt-proxy/http_buf.c srt-proxy/http_write.c \
		srt-proxy/http_answer.c srt-proxy/reason.c
ROUTE_SRCS =	srt-proxy/route_parse.c $(BASE64_SRCS)
TOKEN_SRCS =	srt-proxy/token.c
DNS_SRCS =	srt-proxy/dns_parse.c srt-proxy/synth.c
SRT_PROXY_SRCS = srt-proxy/proxy.c srt-proxy/listen.c srt-proxy/session.c \
		srt-proxy/half.c \
		srt-proxy/http.c srt-proxy/http_server.c srt-proxy/pool.c \
		srt-proxy/socks.c \
		srt-proxy/socks_parse.c srt-proxy/transparent.c \
		srt-proxy/dns.c srt-proxy/dns_udp.c $(CONF_PKTINFO_SRCS) \
		srt-proxy/relay_name.c srt-proxy/tls_hello.c \
		srt-proxy/tls_retry.c \
		srt-proxy/refusal.c srt-proxy/publish.c \
		srt-proxy/route.c srt-proxy/route_mitm.c \
		srt-proxy/route_tls.c srt-proxy/route_tunnel.c \
		srt-proxy/cut.c srt-proxy/learn.c srt-proxy/access.c \
		srt-proxy/ask.c srt-proxy/connect.c \
		srt-proxy/resolve.c srt-proxy/resolver.c \
		srt-proxy/relay.c $(CONF_RELAY_SRCS) \
		$(CONF_KEEPALIVE_SRCS) srt-proxy/verdict.c srt-proxy/buf.c \
		$(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS) $(RULE_SRCS) \
		$(HTTP_SRCS) $(DNS_SRCS) $(ROUTE_SRCS) $(TOKEN_SRCS)
SRT_PROXY_LIBS = $(EVENT_LIBS) $(BSD_LIBS) -lpthread

# Started by srt-proxy where a parent proxy is spoken to in TLS.
SRT_TLS_SRCS =	srt-proxy/tls_client.c \
		$(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS)
SRT_TLS_LIBS =	$(CONF_SSL_LIBS) $(EVENT_LIBS) $(BSD_LIBS)
