#include <stddef.h>
#include <openssl/ssl.h>

int
main(void)
{
	return SSL_CTX_set_min_proto_version(SSL_CTX_new(TLS_client_method()),
	    TLS1_2_VERSION) != 1;
}
