/* SPDX-License-Identifier: ISC */
#ifndef OWN_H
#define OWN_H

/*
 * What there is in the sandbox's own /dev and /proc.  Pure: who explains a
 * policy has it from here as well.
 */

/* Nodes of /dev that are the host's, and what lies beside them. */
#define OWN_NODES	6
#define OWN_LINKS	5
extern const char *const own_nodes[OWN_NODES];
extern const struct own_link {
	const char	*name;
	const char	*text;
}	 own_links[OWN_LINKS];

/* What becomes of an entry of /proc that is no process. */
enum own_cover {
	OWN_OPEN,		/* as it is */
	OWN_READONLY,
	OWN_MASK_FILE,
	OWN_MASK_DIR
};

#define OWN_COVERS	24
extern const struct own_proc {
	const char	*name;
	enum own_cover	 cover;
	int		 root_only;
}	 own_covers[OWN_COVERS];

#endif /* OWN_H */
