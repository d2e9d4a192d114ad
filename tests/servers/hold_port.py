"""hold_port.py FILE COMMAND...: runs a command with a free port of 127.0.0.1 in place of every `{port}`, and writes the port to a file.

The port is free and stays the command's: a socket is bound to it, and does not listen, for as long as the command runs. Linux gives such a port to nobody
who asks for any; whoever asks for this one with SO_REUSEADDR, as servers do, gets it. Until then connections to it are refused.
"""

import os
import socket
import sys

file, *command = sys.argv[1:]
held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
held.bind(("127.0.0.1", 0))
held.set_inheritable(True)
port = str(held.getsockname()[1])
with open(file + ".new", "w") as new:
    new.write(port)
os.rename(file + ".new", file)
os.execvp(command[0], [argument.replace("{port}", port) for argument in command])
