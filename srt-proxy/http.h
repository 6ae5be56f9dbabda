/* SPDX-License-Identifier: ISC */
#ifndef HTTP_H
#define HTTP_H

#include "http_parse.h"

struct half;
struct route;
struct session;

/* The state of the exchange under way. */
struct http {
	struct http_scan	 reqscan;
	struct http_scan	 respscan;
	struct http_meta	 req;
	struct http_chunk	 reqchunk;
	struct http_chunk	 respchunk;
	uint64_t		 reqleft;	/* of a body with length */
	uint64_t		 respleft;
	enum http_body		 respin;	/* how the server frames it */
	enum http_body		 respout;	/* how the client gets it */
	struct http_buf		 head;	/* request, until it is answered */
	const struct route	*route;	/* that the head was written for */
	unsigned int		 generation;	/* of the route to the server */
	unsigned int		 absolute : 1;	/* a proxy gets the requests */
	unsigned int		 reqdone : 1;	/* read to its end */
	unsigned int		 keep : 1;	/* client connection lives on */
	unsigned int		 upkeep : 1;	/* server connection does */
	unsigned int		 started : 1;	/* response head is out */
	unsigned int		 reused : 1;	/* server connection was idle */
	unsigned int		 safe : 1;	/* may be sent a second time */
	unsigned int		 login : 1;	/* has an Authorization */
	unsigned int		 bound : 1;	/* server connection had one */
};

/* http.c: the client's side */
/* Connects to the server and forwards the request. */
void	 http_dial(struct session *);
/* After a response: the next request, or the end. */
void	 http_next(struct session *);
/* An error of ours; a reset if the response has begun. */
void	 http_error(struct session *, int);
/* A 502 with the reason, likewise. */
void	 http_gateway(struct session *, const char *);

/*
 * Is the server of that connection still there, and silent?  What it sent
 * unasked would be taken for the response to the next request.
 */
int	 http_silent(int);

/* http_server.c */
/* The phase of a server that has got a request. */
size_t	 http_read_response(struct half *, const char *, size_t);
/* Nothing is under way with the server: the connection can be used again. */
int	 http_is_idle(const struct half *);
/* The end of a chunked body; the trailers may be NULL. */
void	 http_end_chunks(struct half *, const struct http_fields *);
/*
 * Has the rest of a body, so much of which has just come in one piece, go on
 * without us if that is worth while.
 */
void	 http_pass(struct half *, size_t, uint64_t *);
/* A piece of a body, framed as that is. */
void	 http_piece(struct half *, enum http_body, const char *, size_t);

#endif /* HTTP_H */
