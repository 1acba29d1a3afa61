"""What the existing clients send, and what they need of the answers: read by tests, which replay it, and shown in
docs/compatibility.md.

Each client has a YAML file. A call is one request as the client sends it:

    for       the page or screen that sends it
    send      method and path; `query` has the parameters, of which what is no text is sent as JSON
    body      JSON; `type` is its media type, where not that of the client's documents
    file      instead of a body: a file in a form (multipart/form-data): {field, name, type, content}
    back      instead of a body: {of: what was kept, set: attributes}; the client sends a record back whole
    as        who sends it: a name of the world's accounts (default: the day's), `nobody` without a token
    needs     of the answer, by path: status, data[].id, data.attributes.name ... (see needs.py)
    keep      values of the answer for later calls, by name: {order: data.id}; `token` signs the day in
    missing   the status while the call is not there yet: a test fails once there is another, until this line is
              taken away

$(name) in a request stands for something of the world (world.py) or for what was kept; $(now), $(today) and the like are
points in time.
"""
