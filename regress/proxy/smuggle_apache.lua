-- SPDX-License-Identifier: ISC
--
-- Appends to the file named by the environment what Apache has read.

local function hex(s)
	return (s:gsub('.', function(c)
		return string.format('%02x', c:byte())
	end))
end

function handle(r)
	local method, target = r.the_request:match('^(%S+) (%S+)')
	local body = ''
	local ok = true
	local early = target ~= nil and target:find('early', 1, true) ~= nil
	local seen = (target or ''):match('[ch]%d+%-[%dx]+')

	r.headers_out['X-Seen'] = seen or 'none'
	if early then
		r:puts('ok')
		r:flush()
	end
	body = r:requestbody()
	if body == nil then
		body = ''
		ok = (tonumber(r.headers_in['Content-Length'] or '0') == 0
		    and r.headers_in['Transfer-Encoding'] == nil)
	end
	local file = io.open(os.getenv('SMUGGLE_LOG'), 'a')
	file:write(string.format(
	    '{"m":"%s","t":"%s","h":"%s","b":"%s","ok":%s}\n',
	    hex(method or ''), hex(target or ''),
	    hex(r.headers_in['Host'] or ''), hex(body), tostring(ok)))
	file:close()
	if not early then
		r:puts('ok')
	end
	return apache2.OK
end
