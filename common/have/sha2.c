#include <sys/types.h>
#include <stdint.h>
#include <sha2.h>

int
main(void)
{
	SHA2_CTX	 ctx;
	uint8_t		 digest[SHA256_DIGEST_LENGTH];

	SHA256Init(&ctx);
	SHA256Final(digest, &ctx);
	return digest[0] == 0;
}
