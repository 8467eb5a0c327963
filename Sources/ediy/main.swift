print("ediy")
