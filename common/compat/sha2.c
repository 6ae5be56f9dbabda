/* SPDX-License-Identifier: ISC */

/* SHA-256, FIPS 180-4, under the names of sha2(3). */

#include "compat.h"

#include <string.h>

#define ROTR(x, n)	(((x) >> (n)) | ((x) << (32 - (n))))

/* Section 4.2.2: of the cube roots of the first 64 primes. */
static const uint32_t	 roots[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

/* Section 5.3.3: of the square roots of the first eight. */
static const uint32_t	 first[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
};

void
SHA256Init(SHA2_CTX *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
	memcpy(ctx->state, first, sizeof(first));
}

/* Section 6.2.2, step 1. */
static void
schedule(uint32_t *w, const uint8_t *block)
{
	uint32_t	 s0, s1;
	size_t		 i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 |
		    (uint32_t)block[4 * i + 1] << 16 |
		    (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (; i < 64; i++) {
		s0 = ROTR(w[i - 15], 7) ^ ROTR(w[i - 15], 18) ^
		    w[i - 15] >> 3;
		s1 = ROTR(w[i - 2], 17) ^ ROTR(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = s1 + w[i - 7] + s0 + w[i - 16];
	}
}

/* Steps 2 to 4. */
static void
transform(uint32_t *state, const uint8_t *block)
{
	uint32_t	 v[8], w[64], t1, t2;
	size_t		 i;

	schedule(w, block);
	memcpy(v, state, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + (ROTR(v[4], 6) ^ ROTR(v[4], 11) ^
		    ROTR(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
		    roots[i] + w[i];
		t2 = (ROTR(v[0], 2) ^ ROTR(v[0], 13) ^ ROTR(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		state[i] += v[i];
}

void
SHA256Update(SHA2_CTX *ctx, const uint8_t *data, size_t len)
{
	size_t	 have = (size_t)(ctx->length % sizeof(ctx->block)), n;

	ctx->length += len;
	while (len > 0) {
		n = sizeof(ctx->block) - have;
		if (n > len)
			n = len;
		memcpy(ctx->block + have, data, n);
		data += n;
		len -= n;
		have += n;
		if (have == sizeof(ctx->block)) {
			transform(ctx->state, ctx->block);
			have = 0;
		}
	}
}

void
SHA256Final(uint8_t *digest, SHA2_CTX *ctx)
{
	uint64_t	 bits = ctx->length * 8;
	uint8_t		 end[8];
	const uint8_t	 one = 0x80, zero = 0;
	size_t		 i;

	for (i = 0; i < sizeof(end); i++)
		end[i] = (uint8_t)(bits >> (56 - 8 * i));
	SHA256Update(ctx, &one, 1);
	while (ctx->length % sizeof(ctx->block) != 56)
		SHA256Update(ctx, &zero, 1);
	SHA256Update(ctx, end, sizeof(end));
	for (i = 0; i < SHA256_DIGEST_LENGTH; i++)
		digest[i] = (uint8_t)(ctx->state[i / 4] >> (24 - 8 * (i % 4)));
	explicit_bzero(ctx, sizeof(*ctx));
}
